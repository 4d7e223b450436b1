"""How servers say how grave something is, in the languages that PostgreSQL is translated to.

psycopg2 hands on notices, and libpq what it hears as it connects, as text alone.
"""

from __future__ import annotations

FATAL = (
    *("FATAL", "FATALE", "FATALT", "ВАЖНО", "ФАТАЛЬНО", "ფატალური"),
    *("致命错误", "致命錯誤", "치명적오류"),
)
# What is for the server's log. It may hold statements, with the values in them.
LOGGED = (
    *("LOG", "LOGG", "СООБЩЕНИЕ", "ЗАПИСУВАННЯ", "ჟურნალი", "日志", "日誌", "로그"),
    *("DEBUG", "ОТЛАДКА", "НАЛАГОДЖЕННЯ", "გამართვა", "调试", "除錯", "디버그"),
)


def is_logged(notice: str) -> bool:
    """Whether a notice is for the server's log."""
    return notice.partition(":")[0].rstrip("0123456789 ") in LOGGED


def fatal_words(said: str) -> str:
    """What the server says as it ends a session, or lets none begin; nothing, if it says none."""
    for word in FATAL:
        _, found, words = said.partition(f"{word}:")
        if found:
            return words.strip()
    return ""
