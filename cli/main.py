"""The command `roadcall`. Each command lives in its own file and imports what is heavy only when it runs."""

import typer

from cli.check import check
from cli.compile import compile_
from cli.demo import demo
from cli.import_ import import_
from cli.run import run
from cli.solve import solve

app = typer.Typer(
    name="roadcall",
    help="Field dispatch for after-sales networks: breakdown call, promise, engineer, part, replacement vehicle.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(run)
app.command()(solve)
app.command()(check)
app.command(name="compile")(compile_)
app.command(name="import")(import_)
app.add_typer(demo, name="demo")

if __name__ == "__main__":
    app()
