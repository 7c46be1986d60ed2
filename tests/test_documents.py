"""Files of every kind and of no kind: a document, a warning or a clear error each, and nothing else."""

from __future__ import annotations

import io
import os
import zlib
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from frontcast.errors import InputError
from frontcast.observe.reports import Document
from frontcast.observe.reports.formats import pdf
from frontcast.observe.reports.load import load
from frontcast.observe.types import ReadWarning

DAY = date(2022, 9, 11)


def written(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def documents(path: Path, published: date | None = None) -> list[Document]:
    return [found for found in load(path, published=published) if isinstance(found, Document)]


def only(path: Path, published: date | None = None) -> Document:
    (found,) = documents(path, published)
    return found


def refused(path: Path, published: date | None = DAY) -> str:
    with pytest.raises(InputError) as caught:
        list(load(path, published=published))
    return str(caught.value)


def a_pdf(text: str, extra: bytes = b"") -> bytes:
    """The smallest PDF that says something."""
    stream = f"BT /F1 12 Tf 72 700 Td ({text}) Tj ET".encode()
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /CreationDate (D:20220911080000Z) /Title (Note) >>",
    ]
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, 2)
    places = []
    for number, part in enumerate(parts, 1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, part))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1))
    out.writelines(b"%010d 00000 n \n" % place for place in places)
    out.write(
        b"trailer << /Size %d /Root 1 0 R /Info 6 0 R %s >>\nstartxref\n%d\n%%%%EOF" % (len(parts) + 1, extra, start)
    )
    return out.getvalue()


# ---- dates


@pytest.mark.parametrize(
    "text",
    [
        "date 2022-09-11\nIzium is free.",
        " date 2022-09-11 Izium is free.",
        "date: 2022-09-11\n\nIzium is free.\n",
        "\ufeffdate 2022-09-11\r\nIzium is free.\r\n",
    ],
)
def test_a_first_line_dates_a_text(tmp_path: Path, text: str) -> None:
    found = only(written(tmp_path, "a.txt", text))
    assert (found.published, found.text.strip()) == (DAY, "Izium is free.")


def test_front_matter_dates_markdown(tmp_path: Path) -> None:
    found = only(
        written(
            tmp_path,
            "a.md",
            "---\ntitle: Note\ndate: 2022-09-11\n---\n# Head\n\nIzium is **free**, [he](http://x) said.\n",
        )
    )
    assert (found.published, found.title) == (DAY, "Note")
    assert "Izium is free, he said." in found.text


@pytest.mark.parametrize(
    "head",
    [
        '<meta property="article:published_time" content="2022-09-11T08:00:00Z">',
        '<script type="application/ld+json">{"@type":"NewsArticle","datePublished":"2022-09-11"}</script>',
        '<meta name="date" content="2022-09-11">',
    ],
)
def test_metadata_date_a_page(tmp_path: Path, head: str) -> None:
    page = f"<html><head>{head}<title>Free</title></head><body><script>alert(1)</script><p>Izium is <b>free</b>.</p><p>Lyman &amp; more.</p></body></html>"
    found = only(written(tmp_path, "a.html", page))
    assert (found.published, found.title, found.text) == (DAY, "Free", "Izium is free.\n\nLyman & more.")


def test_without_a_date_it_says_how_to_give_one(tmp_path: Path) -> None:
    path = written(tmp_path, "a.txt", "Izium is free.")
    assert "--published" in refused(path, None)
    assert only(path, DAY).published == DAY


def test_a_dated_document_keeps_its_date(tmp_path: Path) -> None:
    assert only(written(tmp_path, "a.txt", "date 2022-09-10\nIzium."), DAY).published == date(2022, 9, 10)


@pytest.mark.parametrize("day", ["1066-10-14", "2999-01-01"])
def test_a_day_that_cannot_be_is_refused(tmp_path: Path, day: str) -> None:
    assert day in refused(written(tmp_path, "a.txt", f"date {day}\nHastings has fallen."))


def test_a_day_that_is_none_is_refused(tmp_path: Path) -> None:
    assert "2022-13-45" in refused(written(tmp_path, "a.txt", "date 2022-13-45\nText."))


# ---- formats


def test_a_feed_gives_a_document_an_entry(tmp_path: Path) -> None:
    feed = """<?xml version="1.0"?><rss version="2.0"><channel><title>Wire</title>
    <item><title>One</title><link>http://x/1</link><pubDate>Sun, 11 Sep 2022 08:00:00 GMT</pubDate><description>&lt;p&gt;Izium is free.&lt;/p&gt;</description></item>
    <item><title>Two</title><description>undated</description></item></channel></rss>"""
    found = list(load(written(tmp_path, "a.rss", feed)))
    assert [(f.source, f.url, f.published) for f in found if isinstance(f, Document)] == [("Wire", "http://x/1", DAY)]
    assert [f.place for f in found if isinstance(f, ReadWarning)] == ["entry 2"]


def test_atom_is_a_feed_too(tmp_path: Path) -> None:
    feed = '<feed xmlns="http://www.w3.org/2005/Atom"><title>A</title><entry><title>T</title><published>2022-09-11T08:00:00Z</published><content type="html">Izium is free.</content></entry></feed>'
    assert only(written(tmp_path, "a.xml", feed)).published == DAY


def test_lines_of_json(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "a.jsonl",
        '{"date": "2022-09-11T01:00:00Z", "comment": "Izium is free"}\nnonsense\n[1]\n{"date": "2022-09-10", "text": "Lyman"}\n',
    )
    found = list(load(path))
    assert [f.published.day for f in found if isinstance(f, Document)] == [11, 10]
    assert [f.place for f in found if isinstance(f, ReadWarning)] == ["line 2", "line 3"]


def test_a_pdf(tmp_path: Path) -> None:
    found = only(written(tmp_path, "a.pdf", a_pdf("Izium is free.")))
    assert (found.text, found.published, found.title) == ("Izium is free.", DAY, "Note")


def test_standard_input() -> None:
    (found,) = load("-", published=DAY, stdin=io.BytesIO(b"Izium is free."))
    assert isinstance(found, Document)
    assert found.file == "standard input"


def test_a_folder_is_read_in_order_and_told_of_what_is_passed_over(tmp_path: Path) -> None:
    written(tmp_path, "b.txt", "date 2022-09-11\nb")
    written(tmp_path, "a.txt", "date 2022-09-11\na")
    written(tmp_path, "c.bin", b"\x00\x01\x02" * 100)
    written(tmp_path, ".hidden.txt", "date 2022-09-11\nhidden")
    os.symlink(tmp_path, tmp_path / "loop", target_is_directory=True)
    os.symlink(tmp_path / "nowhere", tmp_path / "gone.txt")
    found = list(load(tmp_path))
    assert [f.text for f in found if isinstance(f, Document)] == ["a", "b"]
    assert sorted(Path(f.file).name for f in found if isinstance(f, ReadWarning)) == ["c.bin", "gone.txt"]


def test_a_folder_with_nothing_to_read(tmp_path: Path) -> None:
    written(tmp_path, "c.bin", b"\x00\x01\x02" * 100)
    assert "nothing in this folder" in refused(tmp_path)


# ---- bad input


@pytest.mark.parametrize("data", [b"", b" \n\t ", b"\xef\xbb\xbf"])
def test_an_empty_file(tmp_path: Path, data: bytes) -> None:
    assert "empty" in refused(written(tmp_path, "a.txt", data)) or data == b"\xef\xbb\xbf"


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.bin"])
def test_a_binary_file(tmp_path: Path, name: str) -> None:
    assert "binary" in refused(written(tmp_path, name, bytes(range(256)) * 50))


def test_no_such_file(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "nowhere.txt")


def test_a_line_of_fifty_megabytes(tmp_path: Path) -> None:
    assert "characters" in refused(written(tmp_path, "a.txt", b"Izium " * 9_000_000))


def test_a_file_beyond_all_measure(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(70 * 1024**2)
    assert "larger than" in refused(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_with_a_mark(tmp_path: Path, encoding: str) -> None:
    marks = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
    path = written(tmp_path, "a.txt", marks.get(encoding, b"") + "Ізюм – “free”".encode(encoding))
    assert only(path, DAY).text == "Ізюм – “free”"


def test_an_encoding_that_had_to_be_guessed_is_told(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "a.txt",
        ("Російські війська залишили Ізюм у суботу, повідомив Генеральний штаб. " * 20).encode("cp1251"),
    )
    found = list(load(path, published=DAY))
    assert any(isinstance(f, ReadWarning) and "encoding" in f.problem for f in found)
    assert any(isinstance(f, Document) and "Ізюм" in f.text for f in found)


def test_characters_nobody_sees_are_taken_out(tmp_path: Path) -> None:
    path = written(tmp_path, "a.txt", "I\u200bzi\u202eum\u2066 is\x1b[31m free\x00.".encode())
    assert (
        only(path, DAY).text == "Izium is[31m free." if b"\x00" not in path.read_bytes() else "binary" in refused(path)
    )


def test_markup_nested_beyond_all_measure(tmp_path: Path) -> None:
    page = "<html><body>" + "<div>" * 100_000 + "Izium is free." + "</div>" * 100_000 + "</body></html>"
    try:
        found = documents(written(tmp_path, "a.html", page), DAY)
    except InputError:
        return
    assert all("<" not in document.text for document in found)


def test_a_page_of_scripts_alone(tmp_path: Path) -> None:
    assert "no text" in refused(
        written(tmp_path, "a.html", "<html><body><script>document.write('Izium')</script></body></html>")
    )


@pytest.mark.parametrize("kind", ["rss", "xml"])
def test_entities_that_would_fill_the_memory(tmp_path: Path, kind: str) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><rss version="2.0"><channel><item><title>&b;</title></item></channel></rss>'
    assert "entities" in refused(written(tmp_path, f"a.{kind}", bomb))


def test_a_file_named_by_an_entity_is_not_read(tmp_path: Path) -> None:
    secret = written(tmp_path, "secret", "the secret")
    feed = f'<!DOCTYPE r [<!ENTITY x SYSTEM "file://{secret}">]><rss version="2.0"><channel><item><title>&x;</title></item></channel></rss>'
    assert "secret" not in refused(written(tmp_path, "a.rss", feed)).replace(str(tmp_path), "")


@pytest.mark.parametrize(
    "data",
    [b"%PDF-1.7\n", b"%PDF-1.4\n" + b"\x00" * 5000, a_pdf("x")[:300], b"%PDF-1.4\ntrailer << /Root 1 0 R >>\n%%EOF"],
)
def test_a_broken_pdf(tmp_path: Path, data: bytes) -> None:
    assert "PDF" in refused(written(tmp_path, "a.pdf", data)) or "no text" in refused(tmp_path / "a.pdf")


def test_a_pdf_that_unpacks_to_more_than_it_should(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "TIME_LIMIT", 20)
    packed = zlib.compress(zlib.compress(b"\x00" * 400_000_000, 9), 9)
    stream = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n%s\nendstream" % (len(packed), packed)
    data = a_pdf("x").replace(
        b"4 0 obj\n<< /Length 38 >>", b"4 0 obj\n" + stream + b"\nendobj\n9 0 obj\n<< /Length 38 >>"
    )
    path = written(tmp_path, "a.pdf", data)
    try:
        found = documents(path, DAY)
    except InputError:
        return
    assert all(len(document.text) < 10_000_000 for document in found)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["a.txt", "a.md", "a.html", "a.rss", "a.jsonl"]))
def test_any_bytes_give_documents_or_one_error(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, name: str
) -> None:
    path = written(tmp_path_factory.mktemp("any"), name, data)
    try:
        found = list(load(path, published=DAY))
    except InputError:
        return
    assert all(isinstance(one, Document | ReadWarning) for one in found)
