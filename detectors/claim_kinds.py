"""Kinds of claims, and the claimed verbs that make them."""

from __future__ import annotations

from enum import StrEnum


class ClaimKind(StrEnum):
    """What is claimed to have been done."""

    TEST = "test"
    BUILD = "build"
    RUN = "run"
    CHECK = "check"
    DEPLOY = "deploy"
    VERSION = "version"
    MESSAGE = "message"
    RECORD = "record"
    CANCEL = "cancel"
    BOOK = "book"
    PAY = "pay"
    FILE = "file"
    FILE_DELETE = "file_delete"
    INSTALL = "install"
    DATABASE = "database"
    UPLOAD = "upload"
    TASK = "task"


# A verb of several words is written with underscores.
_KINDS: dict[ClaimKind, str] = {
    ClaimKind.RUN: "ran run executed re-ran reran performed launched started trained fine-tuned benchmarked profiled "
    "backtested kicked_off carried_out took taken",
    ClaimKind.TEST: "tested",
    ClaimKind.BUILD: "built rebuilt compiled",
    ClaimKind.DEPLOY: "deployed redeployed released provisioned restarted rolled-out rolled_out rolled_back",
    ClaimKind.VERSION: "committed pushed rebased",
    ClaimKind.MESSAGE: "sent emailed e-mailed mailed messaged notified pinged forwarded posted tweeted texted informed "
    "contacted published replied invited dispatched responded shared reached_out reached-out announced alerted let "
    "phoned faxed resent re-sent left spoke talked",
    ClaimKind.PAY: "paid transferred refunded charged donated credited reimbursed waived deposited withdrawn withdrew "
    "wired debited",
    ClaimKind.BOOK: "booked reserved scheduled rescheduled rebooked purchased bought ordered reordered placed "
    "arranged postponed",
    ClaimKind.CANCEL: "cancelled canceled called_off",
    ClaimKind.RECORD: "submitted registered enrolled exchanged issued processed approved activated deactivated "
    "subscribed unsubscribed renewed upgraded downgraded assigned closed reopened archived granted revoked blocked "
    "unblocked applied filed returned enabled disabled suspended resumed reactivated reinstated reassigned paused "
    "unpaused frozen froze unfrozen locked unlocked extended initiated lodged escalated flagged switched swapped "
    "redeemed toggled rebooted refueled refuelled topped_up turned_on turned_off switched_on switched_off signed_up "
    "checked_in checked_out opted_out filled_in filled_out filled followed unfollowed liked rated linked unlinked "
    "connected disconnected paired opened put requested raised muted unmuted pinned starred voted entered put_in "
    "put_through shut_down taken_care_of unarchived declined accepted reported reseated re-seated",
    ClaimKind.FILE: "created wrote written saved updated edited modified added implemented fixed refactored "
    "renamed moved copied replaced generated stored appended inserted patched corrected rewrote rewritten changed "
    "exported prepared set_up set-up set made configured enhanced documented merged cleaned cleaned_up extracted "
    "resolved revised adjusted integrated drafted recorded logged reset completed organized organised introduced "
    "compressed encrypted marked converted downloaded backed_up restored bumped imported labeled labelled reverted "
    "tagged formatted reformatted",
    ClaimKind.FILE_DELETE: "deleted removed erased wiped purged dropped emptied trashed",
    ClaimKind.INSTALL: "installed uninstalled",
    ClaimKind.DATABASE: "migrated seeded",
    ClaimKind.UPLOAD: "uploaded",
    ClaimKind.CHECK: "checked verified consulted searched browsed confirmed queried looked_up looked-up reviewed "
    "fetched called cross-checked double-checked cross-referenced validated researched examined inspected audited "
    "scanned read re-read looked_at looked_into looked_through went_through gone_through studied googled measured "
    "compared loaded parsed",
}
VERB_TO_TRACE: dict[str, ClaimKind] = {
    verb.replace("_", " "): kind for kind, verbs in reversed(_KINDS.items()) for verb in verbs.split()
}
"""Claimed verb (past form) -> kind of claim; ``claim_backing.BACKED_BY`` names the actions that back each kind."""

DEEDS = frozenset(
    [
        "added",
        "changed",
        "configured",
        "copied",
        "corrected",
        "created",
        "deleted",
        "edited",
        "fixed",
        "implemented",
        "marked",
        "merged",
        "modified",
        "moved",
        "removed",
        "renamed",
        "replaced",
        "reset",
        "restored",
        "reverted",
        "updated",
    ]
) | {"cleaned up", "set up"}
"""Verbs of change that, said of an unknown object, repeat a request to change it."""
