"""The page Duel as `AppTest` runs it: opened, read and clicked."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from digits import settings


def opened(**parameters: str) -> AppTest:
    """The page, run once, with these parameters in its URL."""
    app = AppTest.from_file(str(settings.PROJECT / "app.py"), default_timeout=60).run()
    for name, value in parameters.items():
        app.query_params[name] = value
    app.switch_page("pages/duel.py").run()
    assert not app.exception, app.exception
    return app


def shown(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.error, app.warning, app.get("html"))
    texts = [getattr(element, "value", None) or element.proto.body for kind in kinds for element in kind]
    return "\n".join(texts).replace("\\", "").replace("\u00a0", " ")


def click(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label.startswith(label)).click().run()
    assert not app.exception, app.exception
