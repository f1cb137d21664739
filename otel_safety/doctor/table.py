"""Shows a diagnosis to people."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from otel_safety.analyze.table import printable
from otel_safety.doctor.advice import Advice
from otel_safety.doctor.diagnosis import AgentTelemetry, Diagnosis, Lack
from otel_safety.doctor.missing import MEANING, Missing
from otel_safety.doctor.observation import Instrumentation
from otel_safety.spans import Signal

_SCOPES = 10


def print_diagnosis(diagnosis: Diagnosis, console: Console | None = None) -> None:
    """Print per agent what was seen, which detectors cannot work, what lacks and what to set."""
    console = console or Console()
    counts = diagnosis.counts
    console.print(
        f"{counts.accepted[Signal.TRACES]} spans, {counts.genai_spans} of them GenAI;"
        f" {counts.accepted[Signal.LOGS]} log records; {_runs(diagnosis.runs)}."
    )
    for agent in diagnosis.agents:
        console.print()
        _print_agent(agent, console)
    console.print()
    if not diagnosis.runs:
        console.print("No agent run was recognised: there is nothing that a detector could judge.", style="bold red")
        if diagnosis.scopes:
            came = ", ".join(
                f"{printable(name) or '(no name)'} ({spans})" for name, spans in diagnosis.scopes.most_common(_SCOPES)
            )
            console.print(Text(f"Spans came from the scopes {came}."), soft_wrap=True)
        console.print("Is the agent instrumented, and do its GenAI spans come this way?")
    elif diagnosis.healthy:
        console.print("Every detector can work.", style="bold green")
    else:
        ill = sum(not agent.healthy for agent in diagnosis.agents)
        console.print(f"{ill} of {len(diagnosis.agents)} agents cannot be judged in full.", style="bold red")


@contextmanager
def listening_bar(duration_s: float) -> Generator[Callable[[Diagnosis, float], None]]:
    """Show on standard error how long is left and what has come; yields what ``listen`` calls."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("listening", total=duration_s)

        def advance(diagnosis: Diagnosis, passed_s: float) -> None:
            said = f"{diagnosis.counts.accepted[Signal.TRACES]} spans, {_runs(diagnosis.runs)}"
            bar.update(task, completed=passed_s, description=said)

        yield advance


def _print_agent(agent: AgentTelemetry, console: Console) -> None:
    name = printable(agent.agent) if agent.agent is not None else "(agent without a name)"
    console.print(
        Text.assemble(
            (printable(agent.service) or "(service without a name)", "bold"),
            " / ",
            (name, "bold"),
            f": {_runs(agent.runs)}, {agent.spans.total()} GenAI spans",
        ),
        soft_wrap=True,
    )
    for item, spans in sorted(agent.spans.items()):
        console.print(Text(f"  {_source(item)}: {spans} spans", style="dim"), soft_wrap=True)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
    for detector in sorted(agent.answers):
        table.add_row(detector, *_standing(agent, detector))
    console.print(table)
    if agent.missing:
        _print_missing(agent, console)


def _standing(agent: AgentTelemetry, detector: str) -> tuple[Text, Text]:
    judged = agent.judged(detector)
    reasons = [
        f"{reason} ({runs})"
        for reason, runs in sorted(agent.answers[detector].items())
        if reason not in {"finding", "clean"}
    ]
    if not reasons:
        return Text("works", style="green"), Text("")
    because = Text(f"not assessed: {', '.join(reasons)}")
    if judged:
        return Text(f"judged {judged} of {agent.runs}", style="yellow"), because
    return Text("cannot work", style="bold red"), because


def _print_missing(agent: AgentTelemetry, console: Console) -> None:
    """Print what lacks, what stops detectors first, and then each setting once with all that it mends."""
    order = [*agent.stopping, *(what for what in Missing if what in agent.missing and what not in agent.stopping)]
    console.print(Text("  Missing", style="bold"))
    mends: dict[Advice, list[Missing]] = {}
    for what in order:
        lack = agent.missing[what]
        _print_lack(what, lack, agent, console)
        for advice in lack.advice(what):
            mends.setdefault(advice, []).append(what)
    console.print(Text("  To set", style="bold"))
    for advice, mended in mends.items():
        _print_advice(advice, mended, console)


def _print_lack(what: Missing, lack: Lack, agent: AgentTelemetry, console: Console) -> None:
    stops = "every detector" if set(lack.stopped) == set(agent.answers) else ", ".join(sorted(lack.stopped))
    line = Text("    ")
    line.append(what.value, style="bold red" if stops else "bold")
    line.append(f", {lack.runs} of {_runs(agent.runs)}: {MEANING[what]}")
    line.append(f"\n      stops {stops or 'no detector by itself'}; seen in trace {lack.example.hex()}", style="dim")
    console.print(line, soft_wrap=True)


def _print_advice(advice: Advice, mended: list[Missing], console: Console) -> None:
    # Nothing here is wrapped: settings and addresses are copied.
    lines = [Text(f"    {advice.instrumentation}, for {', '.join(mended)}:")]
    lines += [Text(f"      {line}", style="bold cyan") for line in advice.setting.splitlines()]
    if advice.note:
        lines.append(Text(f"      {advice.note}"))
    lines.append(Text(f"      {advice.source}", style="dim"))
    console.print(Text("\n").join(lines), soft_wrap=True)


def _source(item: Instrumentation) -> str:
    scope = printable(item.scope) or "(scope without a name)"
    return f"{item.dialect}: {scope}{f' {printable(item.version)}' if item.version else ''}"


def _runs(number: int) -> str:
    return "1 run" if number == 1 else f"{number} runs"
