"""Idempotency keys: a write happens once, however often it is sent."""
import harness
from examples import market, structure

PUT = "market.put"


class Once(harness.Transcript):
    def setUp(self):
        super().setUp()
        self.raw = harness.Raw(self.daemon.endpoint)
        self.addCleanup(self.raw.socket.close)

    def say(self, method, params, **header):
        self.raw.ask(method, params, **header)
        return self.raw.receive()

    def test_a_write_without_a_key_is_refused(self):
        writes = (("structure.put", {"structure": structure()}),
                  ("structure.delete", {"id": "x"}),
                  ("market.put", {"market": market()}),
                  ("market.delete", {"id": "x"}),
                  ("profile.put", {"profile": {}}),
                  ("profile.erase", {"id": "x"}),
                  ("import.apply", {"entity": "market", "rows": [market()]}),
                  ("reference.import", {}))
        for method, params in writes:
            with self.subTest(method):
                header, body = self.say(method, params)
                self.assertEqual(body["name"], "KEY_REQUIRED")
                self.assertEqual(header["s"], 3)
        self.assertEqual(self.revision(), 0)

    def test_a_replay_gives_the_same_bytes_and_no_second_event(self):
        params = {"market": market()}
        self.raw.ask(PUT, params, k="once")
        first = self.raw.body_bytes()
        for i in range(3):
            self.raw.ask(PUT, params, k="once", i=100 + i)
            self.assertEqual(self.raw.body_bytes(), first)
        self.assertEqual(self.revision(), 1)

    def test_a_replay_is_the_old_answer_even_after_other_writes(self):
        params = {"market": market()}
        self.raw.ask(PUT, params, k="once")
        first = self.raw.body_bytes()
        self.ask("market.delete", id="M-1")
        self.raw.ask(PUT, params, k="once")
        self.assertEqual(self.raw.body_bytes(), first)
        self.refused("NOT_FOUND", "market.get", id="M-1")

    def test_the_same_key_with_another_body_is_a_conflict(self):
        self.say(PUT, {"market": market()}, k="once")
        header, body = self.say(PUT, {"market": market("M-2")}, k="once")
        self.assertEqual((header["s"], body["name"]), (9, "KEY_CONFLICT"))
        header, body = self.say("market.delete", {"id": "M-1"}, k="once")
        self.assertEqual(body["name"], "KEY_CONFLICT")
        self.assertEqual(self.revision(), 1)

    def test_replays_in_one_group_happen_once(self):
        for i in range(20):
            self.raw.ask(PUT, {"market": market()}, k="once", i=i)
        bodies = {str(self.raw.receive()[1]) for _ in range(20)}
        self.assertEqual(len(bodies), 1)
        self.assertEqual(self.revision(), 1)

    def test_a_replay_survives_a_restart(self):
        params = {"entity": "market", "rows": [market(), market("M-2")]}
        self.raw.ask("import.apply", params, k="once")
        first = self.raw.body_bytes()
        self.assertEqual(self.daemon.stop(), 0)
        self.client = self.daemon.restart().client()
        with harness.Raw(self.daemon.endpoint) as raw:
            raw.ask("import.apply", params, k="once")
            self.assertEqual(raw.body_bytes(), first)
        self.assertEqual(self.revision(), 2)

    def test_a_key_longer_than_64_bytes_is_refused(self):
        _, body = self.say(PUT, {"market": market()}, k="k" * 65)
        self.assertIn(body["name"], ("BAD_HEADER", "RANGE"))
        self.assertEqual(self.revision(), 0)


if __name__ == "__main__":
    harness.main()
