"""PostgreSQL's lexemes as regular expressions, to build others from.

They take whole runs of text at once: a loop over characters would be some hundred times slower.
Possessive repeats keep them from going back, so each is linear. The rules are those of
src/backend/parser/scan.l, with standard_conforming_strings on.
"""

WHITE = " \t\n\r\f\v"
SPACE = r"[ \t\n\r\f\v]"
LETTER = r"A-Za-z_\x80-\U0010ffff"
NAME = LETTER + r"0-9$"
WORD = rf"[{LETTER}][{NAME}]*+"
STRING = rf"(?:(?<![eE])|(?<=[{NAME}][eE]))'(?:[^']++|'')*+'"
_ESCAPED = r"'(?:[^'\\]++|\\[\s\S]|'')*+'"
# Strings that stand on following lines continue the first one, with its escapes.
_CONTINUED = rf"[ \t\f\v]*+(?:--[^\n\r]*+)?[\n\r](?:{SPACE}|--[^\n\r]*+[\n\r])*+{_ESCAPED}"
ESCAPE_STRING = rf"(?<=[eE])(?<![{NAME}][eE]){_ESCAPED}(?:{_CONTINUED})*+"
QUOTED_NAME = r'"(?:[^"]++|"")*+"'
DOLLAR_QUOTE = rf"(?<![{NAME}])\$(?:[{LETTER}][{LETTER}0-9]*+)?\$"
LINE_COMMENT = r"--[^\n\r]*+"
BLOCK_COMMENT = r"/\*(?:[^*/]++|\*(?!/)|/(?!\*))*+\*/"  # one that holds no other
GAP = rf"(?:{SPACE}++|{LINE_COMMENT}|{BLOCK_COMMENT})++"
