"""assemble: holds GenAI spans until their run is over, as a plain state machine with an injected clock.

No asyncio, no lock, no I/O: one owner calls it, and every interleaving can be tested.
"""

from otel_safety.assemble.assembler import Assembler
from otel_safety.assemble.limits import AssemblyLimits

__all__ = ["Assembler", "AssemblyLimits"]
