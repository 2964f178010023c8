"""Who is let in: nobody without a key, unless the daemon was told so."""
import harness


class Development(harness.Transcript):
    """Without keys: on this machine only, asked for, and shouted about."""

    def test_nobody_serves_without_keys_by_accident(self):
        daemon = self.new_daemon()
        daemon.development = False
        daemon.launch("--init")
        self.assertEqual(daemon.wait(), 78)
        self.assertIn("--development", daemon.log())

    def test_without_keys_the_network_is_not_listened_to(self):
        for listen in ("tcp://*:*", "tcp://0.0.0.0:*", "tcp://10.0.0.1:*",
                       "tcp://127.example.org:*", "tcp://[::]:*"):
            with self.subTest(listen):
                daemon = self.new_daemon()
                daemon.launch("--init", listen=listen)
                self.assertEqual(daemon.wait(), 78, daemon.log())

    def test_the_log_shouts_at_each_start_whatever_its_level(self):
        daemon = self.new_daemon()
        with open(daemon.home + "/conf", "w") as conf:
            conf.write("[claused]\nlog_level = 3\n")
        daemon.config = daemon.home + "/conf"
        daemon.fresh()
        daemon.stop()
        daemon.start()
        self.assertEqual(daemon.log().count("NEVER SERVE REAL PEOPLE"), 2)


if __name__ == "__main__":
    harness.main()
