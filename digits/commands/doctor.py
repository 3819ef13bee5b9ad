"""A look at the whole lab."""

from __future__ import annotations

import click

from digits import doctor as doctors
from digits.commands.terminal import command
from digits.errors import DigitsError
from digits.files import Json


@command
@click.option("--mend", is_flag=True, help="Remove leavings, and damaged files that the lab makes again.")
def doctor(mend: bool) -> Json:
    """Check every file of the lab; exit status 1 if something is wrong that cannot be, or was not, mended."""
    wrong = mended = 0
    for finding in doctors.findings():
        if mend and finding.mend is not None:
            finding.mend()
            mended += 1
            click.echo(f"mended: {finding.what}", err=True)
        else:
            wrong += 1
            note = " (--mend mends it)" if finding.mend else ""
            click.echo(f"wrong: {finding.what}{note}", err=True)
    if wrong:
        raise DigitsError(f"Not all of {doctors.counted()} is sound", received=f"{wrong} wrong, {mended} mended")
    return {"checked": doctors.counted(), "mended": mended, "wrong": wrong}
