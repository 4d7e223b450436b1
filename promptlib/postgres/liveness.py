"""How long each end of a connection waits for a sign of life of the other; pure.

By itself TCP asks after two hours of silence, and waits a quarter of an hour for an answer. A
server notices only when it writes that its client is gone: a statement of a client that died would
run to its end, and hold its locks. Here both ends know within a minute or so.
"""

from __future__ import annotations

_IDLE, _INTERVAL, _COUNT, _UNANSWERED = "30", "10", "3", "60000"  # seconds, and milliseconds
_LOOK = "10s"
# For libpq, which ignores them for sockets in a folder.
CLIENT_PARAMETERS = {
    "keepalives_idle": _IDLE,
    "keepalives_interval": _INTERVAL,
    "keepalives_count": _COUNT,
    "tcp_user_timeout": _UNANSWERED,
}
_LOOKS = "client_connection_check_interval"
_SERVER_SETTINGS = {
    "tcp_keepalives_idle": _IDLE,
    "tcp_keepalives_interval": _INTERVAL,
    "tcp_keepalives_count": _COUNT,
    "tcp_user_timeout": _UNANSWERED,
}
# Elsewhere a server may be unable to look, and refuses the value.
_LOOK_IF_ABLE = f"""
    CASE WHEN pg_catalog.strpos(pg_catalog.version(), 'linux') OPERATOR(pg_catalog.>) 0
         THEN '{_LOOK}' ELSE pg_catalog.current_setting('{_LOOKS}') END"""
# An SQL expression: how often the server looks, once it was told to.
LOOKS_NOW = f"pg_catalog.current_setting('{_LOOKS}')"


def watch_client(*, local: bool) -> str:
    """SQL expressions that have the server notice when its client is gone.

    Args:
        local: whether they hold until the transaction ends; else as long as the session.
    """
    values = {name: f"'{value}'" for name, value in _SERVER_SETTINGS.items()}
    return ", ".join(
        f"pg_catalog.set_config('{name}', {value}, {local})"
        for name, value in {**values, _LOOKS: _LOOK_IF_ABLE}.items()
    )


def watching_settings(looks: str) -> dict[str, str]:
    """The same as settings by name: a server takes a statement of SET in a tenth of the time.

    Args:
        looks: what LOOKS_NOW was.
    """
    return {**_SERVER_SETTINGS, _LOOKS: looks}
