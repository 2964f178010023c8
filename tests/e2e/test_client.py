"""The Python module: what a portal relies on."""
import datetime
import os
import threading
import time

import harness
from examples import market, profile, structure
from harness import claused


class Client(harness.Transcript):
    def test_groups_are_methods(self):
        put = self.client.market.put(market=market())
        self.assertEqual(put, dict(id="M-1", rev=1, created=True))
        self.assertEqual(self.client.revision, 1)
        self.assertEqual(self.client.call("market.get", {"id": "M-1"}),
                         self.client.market.get(id="M-1"))

    def test_dates_may_be_dates(self):
        self.ask("market.put", market=market(
            launch_on=datetime.date(2026, 11, 1),
            deadline=datetime.datetime(
                2026, 12, 1, 12, tzinfo=datetime.timezone.utc)))
        got = self.ask("market.get", id="M-1")["market"]
        self.assertEqual(got["launch_on"], "2026-11-01")

    def test_a_refusal_carries_everything(self):
        with self.assertRaises(claused.Refused) as caught:
            self.client.market.put(market=market(lots=[{"places": ["75"]}]))
        e = caught.exception
        self.assertEqual((e.status, e.status_name, e.name, e.retry),
                         (3, "INVALID_ARGUMENT", "CODE_UNTYPED", False))
        self.assertEqual(e.data[0]["field"], "market.lots[1].places[1]")
        self.assertIn("CODE_UNTYPED", str(e))
        with self.assertRaises(claused.NotFound):
            self.client.market.get(id="nobody")

    def test_a_dead_endpoint_times_out_in_time(self):
        nobody = claused.connect("tcp://127.0.0.1:9", deadline=0.3)
        began = time.monotonic()
        with self.assertRaises(claused.Timeout) as caught:
            nobody.market.put(market=market())
        # Not after the deadline of those who name none.
        self.assertLess(time.monotonic() - began, 2)
        self.assertIsInstance(caught.exception, TimeoutError)
        self.assertTrue(caught.exception.key)

    def test_a_write_is_sent_again_until_the_daemon_is_back(self):
        self.assertEqual(self.daemon.stop(), 0)
        patient = claused.connect(self.daemon.endpoint, deadline=60,
                                  retries=30)
        answer = []
        writer = threading.Thread(target=lambda: answer.append(
            patient.market.put(market=market())))
        writer.start()
        self.daemon.start(listen=self.daemon.endpoint)
        writer.join(60)
        self.assertEqual(answer, [dict(id="M-1", rev=1, created=True)])
        self.assertEqual(self.revision(), 1)

    def test_a_reader_waits_for_the_revision_it_asked_for(self):
        patient = self.daemon.client(deadline=30, retries=20)
        timer = threading.Timer(0.2, lambda: self.client.market.put(
            market=market()))
        timer.start()
        got = patient.call("market.list", min_revision=1)
        timer.join()
        self.assertEqual(len(got["rows"]), 1)

    def test_threads_share_a_client(self):
        failed = []

        def work(n):
            for i in range(20):
                echo = "%d-%d" % (n, i)
                if self.client.ping(echo=echo) != {"echo": echo}:
                    failed.append(echo)
            self.client.close()
        threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join(60)
        self.assertEqual(failed, [])

    def test_a_forked_worker_asks_through_a_socket_of_its_own(self):
        self.client.market.put(market=market())
        for _ in range(3):
            child = os.fork()
            if not child:
                try:
                    got = self.client.market.get(id="M-1")["rev"]
                    os._exit(0 if got == 1 else 1)
                finally:
                    os._exit(2)
            self.assertEqual(os.waitpid(child, 0)[1], 0)
            self.assertEqual(self.client.ping(), {})

    def test_each_walks_every_page(self):
        loaded = self.client.load("profile", (profile("p-%03d" % i)
                                              for i in range(250)))
        self.assertEqual(loaded[:2], (250, 250))
        ids = [p["id"] for p in self.client.each("profile.list",
                                                 page_size=100)]
        self.assertEqual(ids, ["p-%03d" % i for i in range(250)])

    def test_an_import_tells_rows_across_its_chunks(self):
        rows = [profile("p-%d" % i) for i in range(1201)]
        rows[0] = dict(rows[0], mobility_km=-1)
        rows[1200] = dict(rows[1200], email="x")
        checked = self.client.load("profile", rows, check=True)
        self.assertEqual(self.revision(), 0)
        loaded = self.client.load("profile", rows)
        self.assertEqual((loaded.accepted, loaded.created), (1199, 1199))
        self.assertEqual([(r["row"], r["name"]) for r in loaded.rejected],
                         [(1, "RANGE"), (1201, "PII_FORBIDDEN")])
        self.assertEqual(checked.rejected, loaded.rejected)
        self.assertEqual(self.ask("stats")["profiles"], 1199)

    def test_many_answers_in_order_and_errors_are_values(self):
        calls = [("structure.put", {"structure": structure(n)})
                 for n in range(1, 60)]
        calls[7] = ("structure.get", {"id": "nobody"})
        results = list(self.client.many(calls, window=16))
        self.assertEqual(len(results), 59)
        self.assertIsInstance(results[7], claused.NotFound)
        del results[7]
        self.assertTrue(all(r["created"] for r in results))


if __name__ == "__main__":
    harness.main()
