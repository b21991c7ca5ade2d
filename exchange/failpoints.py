"""Failpoints: named places in the write order where a crash test can stop the process for good.

Off unless the environment names one (`LIENTHONG_FAILPOINTS=submit.after_commit`). The process is killed with
SIGKILL, so nothing of ours gets a chance to tidy up (RELIABILITY section 4.2).
"""

from __future__ import annotations

import os
import signal

POINTS = (
    "submit.after_spool",
    "submit.after_gate",
    "submit.after_intent",
    "submit.after_put",
    "submit.after_insert",
    "submit.before_commit",
    "submit.after_commit",
    "confirm.after_lock",
    "confirm.before_commit",
    "confirm.after_commit",
    "up.after_claim",
    "up.after_send",
    "up.after_note",
    "down.after_submit",
    "down.after_note",
    "down.after_tell",
    "push.after_claim",
    "push.after_post",
    "retention.after_remove",
    "retention.after_let_go",
)


def failpoint(name: str) -> None:
    """Die here if the environment says so."""
    wanted = os.environ.get("LIENTHONG_FAILPOINTS")
    if wanted and name in wanted.split(","):
        os.kill(os.getpid(), signal.SIGKILL)
