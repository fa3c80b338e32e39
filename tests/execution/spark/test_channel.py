"""What tasks say arrives, in order and whole; strangers are not heard, and nobody waits for the deaf."""

import socket
import time

from aisle.execution.spark.channel import Ear, Mouth, listening


class TestChannel:
    def test_all_that_was_said_has_been_heard_when_the_task_ends(self):
        heard = []
        with listening("127.0.0.1", heard.append) as ear:
            mouth = Mouth(ear)
            for number in range(500):
                mouth.say({"told": {"n": number}})
            mouth.close()
            assert [message["told"]["n"] for message in heard] == list(range(500))

    def test_many_tasks_speak_at_once(self):
        heard = []
        with listening("127.0.0.1", heard.append) as ear:
            mouths = [Mouth(ear) for _ in range(20)]
            for mouth in mouths:
                mouth.say({"told": {"n": 1}})
            for mouth in mouths:
                mouth.close()
        assert len(heard) == 20

    def test_a_stranger_is_not_heard(self):
        heard = []
        with listening("127.0.0.1", heard.append) as ear:
            mouth = Mouth(Ear(ear.host, ear.port, "guess"))
            mouth.say({"told": {"n": 1}})
            mouth.close()
        assert heard == []

    def test_half_a_line_of_a_task_that_died_is_not_heard(self):
        heard = []
        with listening("127.0.0.1", heard.append) as ear:
            with socket.create_connection((ear.host, ear.port)) as dying:
                dying.sendall(f'{ear.secret}\n{{"told": {{}}}}\n{{"told": {{"n'.encode())
            mouth = Mouth(ear)
            mouth.close()
            ends = time.monotonic() + 5
            while not heard and time.monotonic() < ends:
                time.sleep(0.01)
        assert heard == [{"told": {}}]

    def test_without_a_listener_a_task_is_silent_and_goes_on(self):
        with listening("127.0.0.1", print) as ear:
            pass
        mouth = Mouth(ear)
        mouth.say({"told": {"n": 1}})
        mouth.close()
