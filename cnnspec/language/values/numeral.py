"""A number as short as people write it, such that reading it gives the same number."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

DIVISORS = 1000
"""p and q of a quotient are at most this: 1/255, 7/22."""
LONG = 8
"""A decimal of more characters may be a quotient."""


def numeral(value: float) -> str:
    """`0.05`, `1e-3`, `1/255`. Numbers that are not finite have no numeral; they are spelled as Python does it."""
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return str(int(value))
    decimal = repr(value)
    if "n" in decimal:
        return decimal
    if len(decimal) > LONG and "e" not in decimal:
        quotient = Fraction(value).limit_denominator(DIVISORS)
        if float(quotient) == value and abs(quotient.numerator) <= DIVISORS:
            return str(quotient)
    exponent = f"{Decimal(decimal):e}"
    return exponent if len(exponent) < len(decimal) or "e" in decimal else decimal
