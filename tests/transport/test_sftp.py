"""SFTP against real servers: pinned keys, whole files, answers told apart."""

import hashlib
import os
from pathlib import Path

import pytest

from tests.transport.servers import Server, connection, new_key
from tieout.transport.files import CHUNK, Content, NotReached, Refused
from tieout.transport.sftp import Sftp, SftpChannel, sftp


def _put(channel: SftpChannel, item: tuple[str, bytes]) -> None:
    channel.put(*item)


def test_a_file_goes_whole_and_comes_back(server: Server) -> None:
    body = os.urandom(300_000)
    path = f"{server.directory}po-1.csv"
    with sftp(server.info) as place:
        place.each(_put, [(path, body)])
        assert place.each(SftpChannel.read, [path]) == [body]
        expected = Content(len(body), hashlib.sha256(body).hexdigest())
        found = place.each(lambda channel, each: channel.content(each, len(body)), [path])
        assert found == [expected]
        names = [each.name for each in place.each(SftpChannel.list, [server.directory or "."])[0]]
    assert "po-1.csv" in names
    assert "po-1.csv.part" not in names


def test_a_large_file_comes_in_chunks(server: Server) -> None:
    body = os.urandom(20 * CHUNK + 5)
    path = f"{server.directory}large.csv"
    with sftp(server.info) as place:
        place.each(_put, [(path, body)])
        (chunks,) = place.each(lambda channel, each: list(channel.chunks(each)), [path])
    assert b"".join(chunks) == body
    assert max(map(len, chunks)) <= CHUNK


def test_a_second_put_replaces_and_what_is_not_there_is_none(server: Server) -> None:
    path = f"{server.directory}po-2.csv"
    with sftp(server.info) as place:
        place.each(_put, [(path, b"one")])
        place.each(_put, [(path, b"second")])
        look = place.each(lambda channel, each: channel.content(each, 3), [path, path + ".none"])
    assert look == [Content(6, ""), None]


def test_results_come_in_the_order_of_the_items(server: Server) -> None:
    paths = [f"{server.directory}many-{number}.csv" for number in range(23)]
    with sftp(server.info) as place:
        place.each(_put, [(path, path.encode()) for path in paths])
        assert place.each(SftpChannel.read, paths) == [path.encode() for path in paths]


def test_a_missing_folder_is_refused_in_words(server: Server) -> None:
    with sftp(server.info) as place, pytest.raises(Refused, match="no-such-folder"):
        place.each(_put, [(f"{server.directory}no-such-folder/po.csv", b"x")])


def test_another_host_key_is_refused_before_we_log_in(server: Server, tmp_path: Path) -> None:
    stranger = new_key(tmp_path / "stranger")
    with (
        pytest.raises(NotReached, match="not the one that is pinned"),
        sftp(server.other(host_key=stranger)),
    ):
        pass


def test_without_a_pinned_key_nothing_is_trusted(server: Server) -> None:
    with pytest.raises(NotReached, match="no host key is pinned"), sftp(server.other(host_key="")):
        pass


def test_a_key_that_the_partner_does_not_know_is_not_let_in(server: Server, tmp_path: Path) -> None:
    new_key(tmp_path / "unknown")
    with (
        pytest.raises(NotReached, match="was not reached"),
        sftp(server.other(key_file=str(tmp_path / "unknown"))),
    ):
        pass


def test_nobody_there_is_not_reached(server: Server) -> None:
    extras = server.info.extras
    nobody = connection(1, extras["key_file"], extras["host_key"])
    with pytest.raises(NotReached, match="test_sftp"), sftp(nobody):
        pass


def test_no_items_need_no_channel(server: Server) -> None:
    with sftp(server.info) as place:
        assert isinstance(place, Sftp)
        assert list(place.each(SftpChannel.read, [])) == []
