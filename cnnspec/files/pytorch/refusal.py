"""Why a checkpoint is turned away (E408). Each message goes on after the file's name."""

from __future__ import annotations

from ..reading import Malformed

SAVE_AGAIN = (
    "where the file was made, save the weights alone: `torch.save(model.state_dict(), 'weights.pth')`; "
    "a `.safetensors` file needs no conversion"
)
COPY_AGAIN = "download or copy the file again and compare its size with the original's"

LONGEST_QUOTE = 80


def refusal(message: str, why: str, help: str = SAVE_AGAIN) -> Malformed:
    """What is wrong with a file that may well be as its writer wanted it."""
    return Malformed(why, help, "E408", message)


def damaged(what: str, why: str) -> Malformed:
    """What is wrong with a file that ends too early or contradicts itself."""
    return refusal(f"is damaged: {what}", why, COPY_AGAIN)


def malformed(why: str) -> Malformed:
    """What is wrong with a pickle that no writer of checkpoints would write."""
    return damaged("its pickle makes no sense", why)


def quote(text: str) -> str:
    """`text` from the file between backticks, cut where it would flood the message."""
    return f"`{text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + '…'}`"


def number(value: int) -> str:
    """`value` with thousands apart; a hostile one may have a hundred digits."""
    return f"{value:,}" if value < 10**18 else "more than 10^18"
