"""The project uses the field's words: none of an earlier dialect comes back."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pauta.running.compose_file import PROJECT

# words in names of variables, functions, classes and log events, and what to write instead
NAMES = {
    "said": "published",
    "says": "publishes",
    "hear": "consume, handle",
    "hears": "consumes, handles",
    "heard": "consumed, applied",
    "tell": "publish, describe",
    "telling": "description",
    "told": "published, described",
    "orders": "commands",
    "ordered": "requested",
    "ordering": "commands",
    "company": "provider",
    "companies": "providers",
    "away": "unavailable",
    "look": "check",
    "looks": "checks",
    "looked": "checked",
    "parked": "dead_lettered",
    "parking": "dead_letter_queue",
    "anew": "re-",
    "patience": "timeout, max_wait",
    "stand": "status",
    "stands": "status",
    "standing": "eligibility",
    "neighbour": "service",
    "mine": "the noun",
    "theirs": "the noun",
    "forged": "signature_invalid",
}
# names in which such a word has its plain meaning
PLAIN = {
    "company": "the person's employer, a field of the form",
    "COMPANIES": "employers, in the simulator's people",
    "SAYS_STOP": "a person says it",
    "_as_readme_says": "the README's own text",
    "key-heard": "Twilio heard a key",
    "FORGED": "an address that the sender made up",
    "Forged": "a request that the sender made up",
    "forged": "a cookie that the sender made up",
    "heard": "a person heard the call: a state of the simulator's",
    "ordered": "a list in order",
    "tell": "the position in a file",
}
# phrases in code, documentation and pages, and what to write instead
PHRASES = {
    r"\banew\b": "again, or a word with re-",
    r"\bparked\b": "dead-lettered",
    r"\bpatience\b": "timeout",
    r"\bwhoever (is|has|does|holds|sends|opens)\b": "name the subject",
    r"\b(of|for) life\b(?<!sign of life)(?! in\b)": "live, production",
    r"\bfor show\b": "demo",
    r"\b(is|are) away\b": "unavailable",
    r"\bput back\b": "released, requeued",
    r"\bleft alone\b": "untouched, unresolved",
    r"\blet go\b": "released, resumed",
    r"\b(is|are|not) in hand\b": "claimed",
    r"\bhears? (of )?(the|an) (event|message|queue)": "consumes",
    r"\bis told\b": "is notified",
}
LOG_METHODS = {"debug", "info", "warning", "error", "exception"}
ENDINGS = (".py", ".md", ".html", ".yml", ".js", ".css", ".sh", ".toml", ".example", "Makefile")


def tracked(*endings: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    paths = [PROJECT / name for name in listed.stdout.splitlines() if name.endswith(endings)]
    return [path for path in paths if path != Path(__file__)]


def names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yields every name that the code gives or uses, and every name of a log event."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield node.lineno, name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                if not name.startswith("test_"):  # a sentence
                    yield node.lineno, name
            case ast.ClassDef(name=name) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.Call(
                func=ast.Attribute(attr=method), args=[ast.Constant(value=str(event)), *_]
            ) if method in LOG_METHODS:
                yield node.lineno, event


def words(name: str) -> set[str]:
    return set(re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()))


@pytest.mark.parametrize("name", ["leadsHeard", "ON_ORDERS", "kommo.looked_up", "is_away"])
def test_a_name_of_the_dialect_is_found_in_every_spelling(name: str) -> None:
    assert words(name) & set(NAMES)


def test_no_name_is_of_the_dialect() -> None:
    found = []
    for path in tracked(".py"):
        for line, name in names(ast.parse(path.read_text())):
            if name not in PLAIN:
                found += [
                    f"{path.relative_to(PROJECT)}:{line}: {name}: write {NAMES[word]}"
                    for word in words(name) & set(NAMES)
                ]
    assert found == []


@pytest.mark.parametrize("phrase", PHRASES)
def test_no_phrase_is_of_the_dialect(phrase: str) -> None:
    found = []
    for path in tracked(*ENDINGS):
        found += [
            f"{path.relative_to(PROJECT)}: {match[0]}: write {PHRASES[phrase]}"
            for match in re.finditer(phrase, path.read_text(), re.IGNORECASE)
        ]
    assert found == []
