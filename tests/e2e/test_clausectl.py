"""clausectl as a facilitator types it: files in and out, questions, French,
exit statuses."""
import csv
import io
import json
import os
import re
import shutil
import subprocess
import tempfile
import threading

import harness
import zmq
from examples import market, profile, siret, structure, structure_id

DEMO = os.path.join(harness.TOP, "tests", "demo")
MARKET = "DEMO-2026-01"
ON = "2026-11-23"
EI = siret(1) + "-EI"
DONE, NOT_FOUND, CONFLICT = 0, 3, 5
USAGE, DATA, UNAVAILABLE, FILE = 64, 65, 69, 74
FORMATS = ("csv", "tsv", "ndjson")
LISTS = ("structures", "markets", "profiles")


class Older(threading.Thread):
    """In front of a daemon: what one gets that does not know METHOD."""

    def __init__(self, endpoint, method):
        super().__init__()
        self.method = method
        self.context = zmq.Context()
        self.front = self.context.socket(zmq.ROUTER)
        self.back = self.context.socket(zmq.DEALER)
        self.over = self.context.socket(zmq.PULL)
        for s in (self.front, self.back, self.over):
            s.linger = 0
        port = self.front.bind_to_random_port("tcp://127.0.0.1")
        self.endpoint = "tcp://127.0.0.1:%d" % port
        self.back.connect(endpoint)
        self.over.bind("inproc://over")
        self.unknown = 0

    def run(self):
        sender = None
        poller = zmq.Poller()
        for s in (self.front, self.back, self.over):
            poller.register(s, zmq.POLLIN)
        while True:
            ready = dict(poller.poll())
            if self.over in ready:
                break
            if self.front in ready:
                sender, *frames = self.front.recv_multipart()
                self.unknown += any(self.method in f for f in frames)
                self.back.send_multipart(
                    [f.replace(self.method, b"?" * len(self.method))
                     for f in frames])
            if self.back in ready:
                self.front.send_multipart(
                    [sender] + self.back.recv_multipart())

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *why):
        with self.context.socket(zmq.PUSH) as stop:
            stop.connect("inproc://over")
            stop.send(b"")
            self.join()
        for s in (self.front, self.back, self.over):
            s.close()
        self.context.term()


class Cli(harness.Transcript):
    """Each test has a folder of its own; nothing of the machine's language
    reaches clausectl."""

    def setUp(self):
        super().setUp()
        self.home = tempfile.mkdtemp(prefix="claused-cli-")
        self.addCleanup(shutil.rmtree, self.home)

    def run_ctl(self, *argv, stdin=None, daemon=None, **env):
        endpoint = (daemon or self.daemon).endpoint
        clean = {k: v for k, v in os.environ.items()
                 if not k.startswith(("LC_", "LANG"))}
        clean.update(CLAUSED_ENDPOINT=endpoint, LC_ALL="C.UTF-8", TERM="dumb")
        clean.update(env)
        done = subprocess.run(
            [os.path.join(harness.BUILD, "clausectl"), *argv], cwd=self.home,
            env=clean, input=stdin or b"", stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=harness.PATIENCE_S)
        self.out, self.err = done.stdout.decode(), done.stderr.decode()
        return done.returncode

    def expect(self, status, *argv, **how):
        """Run it; what it printed."""
        got = self.run_ctl(*argv, **how)
        self.assertEqual(got, status, "%s\n%s%s" % (argv, self.out, self.err))
        return self.out

    def says(self, *words):
        for word in words:
            self.assertIn(word, self.out + self.err)

    def json(self, *argv, status=DONE, **how):
        return json.loads(self.expect(status, "--json", *argv, **how))

    def file(self, name, content):
        with open(os.path.join(self.home, name), "wb") as f:
            f.write(content if isinstance(content, bytes)
                    else content.encode())
        return name

    def read(self, name):
        with open(os.path.join(self.home, name), newline="",
                  encoding="utf-8") as f:
            return f.read()

    def demo(self):
        for entity, name in (("structures", "structures.csv"),
                             ("markets", "markets.ndjson"),
                             ("profiles", "profiles.ndjson")):
            self.expect(DONE, "import", entity, os.path.join(DEMO, name))


class Questions(Cli):
    shared = True

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for entity, name in (("structure", "structures.csv"),
                             ("market", "markets.ndjson"),
                             ("profile", "profiles.ndjson")):
            subprocess.run(
                [os.path.join(harness.BUILD, "clausectl"), "import",
                 entity + "s", os.path.join(DEMO, name)], check=True,
                stdout=subprocess.PIPE,
                env=dict(os.environ, CLAUSED_ENDPOINT=cls.daemon.endpoint))

    def test_ping_and_stats(self):
        self.expect(DONE, "ping")
        self.says(self.daemon.endpoint)
        self.expect(DONE, "stats")
        self.says("centres", "rome-links", "14", "20", "entries of hours")
        stats = self.json("stats")
        self.assertEqual((stats["structures"], stats["markets"],
                          stats["profiles"]), (14, 1, 20))

    def test_match_prints_what_the_daemon_answers(self):
        self.expect(DONE, "match", MARKET, "--on", ON)
        answer = self.ask("match.market", market=MARKET, on=ON)
        for lot in answer["lots"]:
            self.says(lot["object"])
            for hit in lot["structures"]:
                self.says(hit["id"], hit["name"], str(hit["score"]))
            for job in lot["jobs"]:
                self.says(job["rome"], *(p["id"] for p in job["candidates"]))

    def test_json_is_the_answer_itself(self):
        def lots(answer):
            """match prints one form, whether of one lot or of all."""
            return dict({k: v for k, v in answer.items() if k != "lot"},
                        lots=[answer["lot"]])

        asked = dict(market=MARKET, on=ON)
        for argv, answer in (
                (("match",), self.ask("match.market", **asked)),
                (("match", "--lot", "2", "--structures", "--limit", "2"),
                 lots(self.ask("match.structures", lot=2, limit=2, **asked))),
                (("match", "--lot", "1", "--people"),
                 lots(self.ask("match.people", lot=1, **asked))),
                (("reasons", "--lot", "2"),
                 self.ask("match.reasons", lot=2, **asked))):
            self.assertEqual(self.json(argv[0], MARKET, "--on", ON, *argv[1:]),
                             answer)
        for candidate, name in ((EI, "structure"), ("DEMO-P10", "profile")):
            self.assertEqual(
                self.json("explain", MARKET, candidate, "--on", ON),
                self.ask("match.explain", **{name: candidate}, **asked))

    def test_reverse_prints_what_the_daemon_answers(self):
        for name, id, option in (("structure", EI, ("--nationwide", "only")),
                                 ("profile", "DEMO-P01", ("--grace", "0"))):
            asked = dict({name: id}, on=ON)
            answer = self.ask("match.reverse", **asked)
            hits = answer.get("lots") or answer["jobs"]
            self.assertEqual(hits[0]["market"], MARKET)
            self.assertEqual(self.json("reverse", name, id, "--on", ON),
                             answer)
            asked[option[0].strip("-")] = (int(option[1]) if name == "profile"
                                           else option[1])
            self.assertEqual(
                self.json("reverse", name, id, "--on", ON, "--limit", "1",
                          *option),
                self.ask("match.reverse", limit=1, **asked))
            self.expect(DONE, "reverse", name, id, "--on", ON)
            self.says("as of " + ON, "2026-12-18", "DEMO-2026-01")
            for hit in hits:
                self.says(hit["object"] if name == "structure"
                          else hit["title"], str(hit["score"]))
        self.says("Le Havre (76)")
        self.expect(DONE, "--lang", "fr", "reverse", "profile", "DEMO-P01",
                    "--on", ON)
        self.says("Postes ouverts pour DEMO-P01", "intitulé")

    def test_reverse_says_where_to_ask_when_there_is_nothing(self):
        self.expect(DONE, "reverse", "profile", "DEMO-P10", "--on", ON)
        self.says("none; `clausectl explain MARKET DEMO-P10'")
        self.expect(DONE, "reverse", "structure", EI, "--on", "2026-12-19")
        self.says("none; `clausectl explain MARKET %s'" % EI)

    def test_reasons_and_explain_are_told_in_words_and_codes(self):
        self.expect(DONE, "reasons", MARKET, "--on", ON)
        self.says("KIND_NOT_ALLOWED", "SHARE_LT_50", "MODE_NOT_ALLOWED",
                  "AGREEMENT_EXPIRED", "NO_CONSENT", "SUSPENDED", "EXPIRED",
                  "NOT_ELIGIBLE", "DISTANCE", "NOT_AVAILABLE", "HOURS")
        self.expect(DONE, "explain", MARKET, siret(8) + "-EI", "--on", ON)
        self.says("NO_CAPACITY")
        self.expect(DONE, "explain", MARKET, "DEMO-P10", "--on", ON)
        self.says("EXPIRED")
        self.expect(DONE, "explain", MARKET, EI, "--on", ON)
        self.says("1000")

    def test_people_read_names_of_communes_and_programs_their_codes(self):
        self.expect(DONE, "match", MARKET, "--on", ON)
        self.says("Le Havre (76)", "Rouen (76)", "Lille (59)")
        self.assertNotIn("76351", self.out)
        self.expect(DONE, "structure", "list")
        self.says("Fécamp (76)", "Le Havre (76)")
        self.expect(DONE, "structure", "get", EI)
        self.says("structure.commune: Le Havre (76)\n",
                  "structure.activities[2].zone.codes: Le Havre (76)\n",
                  "EPCI:200084952")
        self.expect(DONE, "market", "list")
        self.says("Le Havre (76), ...")
        self.expect(DONE, "market", "get", MARKET)
        self.says("market.lots[2].places: Le Havre (76), Rouen (76)\n")
        self.expect(DONE, "profile", "list")
        self.says("Le Havre (76)")
        for argv in (("match", MARKET), ("structure", "list"),
                     ("structure", "get", EI), ("market", "get", MARKET)):
            with self.subTest(argv):
                self.expect(DONE, "--json", *argv)
                self.says("76351")
                self.assertNotIn("(76)", self.out)

    def test_where_names_are_not_told_the_codes_stay(self):
        with Older(self.daemon.endpoint, b"territory.communes") as older:
            self.expect(DONE, "structure", "list", daemon=older)
            self.says("76351", "76540")
            self.assertEqual((self.err, older.unknown), ("", 1))
            self.expect(DONE, "explain", MARKET, EI, "--lot", "2", "--on", ON,
                        daemon=older)
            self.says("COM:76540")

    def test_explain_says_what_a_score_is_made_of(self):
        self.expect(DONE, "explain", MARKET, EI, "--lot", "2", "--on", ON)
        self.says("DEMO Propreté de l'Estuaire, Le Havre (76)", "coverage",
                  "free hours", "586", "Not wholly covered: Rouen (76)\n")
        self.expect(DONE, "--lang", "fr", "explain", MARKET, EI, "--lot", "2",
                    "--on", ON)
        self.says("couverture du lieu", "heures disponibles",
                  "Pas couvert en entier\xa0: Rouen (76)\n")

    def test_a_refusal_is_explained_with_what_would_change_it(self):
        for candidate, reason, english, french in (
                (siret(8) + "-EI", "NO_CAPACITY", "free_hours",
                 "Il lui faudrait"),
                (siret(13) + "-EITI", "AGREEMENT_EXPIRED", "agreement_until",
                 "convention"),
                ("DEMO-P10", "EXPIRED", "renewed proof",
                 "justificatif renouvelé")):
            with self.subTest(candidate):
                asked = ("explain", MARKET, candidate, "--on", ON)
                self.expect(DONE, *asked)
                self.says("[%s].\n" % reason, english)
                self.expect(DONE, "--lang", "fr", *asked)
                self.says("[%s].\n" % reason, french)
        # Nobody knows which place is missing: nothing is promised.
        self.expect(DONE, "explain", MARKET, siret(11) + "-EI", "--on", ON)
        self.assertIn("[ZONE].\n\n", self.out)

    def test_rules_and_tables_are_named_on_short_lines(self):
        self.expect(DONE, "match", MARKET, "--on", ON)
        lines = self.out.splitlines()
        first = next(i for i, line in enumerate(lines)
                     if line.startswith("Rules "))
        self.assertRegex(" ".join(lines[first:]),
                         r"^Rules \d+, centres \S+, communes \S+, "
                         r"eligibility \S+, publics \S+$")
        self.assertLess(max(map(len, lines[first:])), 80)

    def test_fields_lists_every_column(self):
        self.expect(DONE, "fields", "market")
        self.says("lots.jobs.rome", "lots.clauses.publics", "deadline",
                  "EXEC_MANDATORY")
        columns = [f["column"] for f in self.json("fields", "profile")]
        self.assertIn("criteria.until", columns)

    def test_exit_statuses(self):
        for status, argv, words in (
                (USAGE, (), "help"),
                (USAGE, ("nonsense",), "nonsense"),
                (USAGE, ("ping", "--nope"), "--nope"),
                (USAGE, ("match",), "MARKET"),
                (USAGE, ("match", MARKET, "--on", "2026-02-30"), "BAD_DATE"),
                (USAGE, ("match", MARKET, "--limit", "many"), "limit"),
                (USAGE, ("import", "things", "file"), "structures"),
                # Hours are recorded, never imported; "hourss" is no plural.
                (USAGE, ("import", "hours", "file"), "structures"),
                (USAGE, ("import", "hourss", "file"), "structures"),
                (USAGE, ("export", "hourss"), "structures"),
                (USAGE, ("fields", "hours"), "facilitator"),
                (NOT_FOUND, ("match", "M-0"), "NOT_FOUND"),
                (NOT_FOUND, ("match", MARKET, "--lot", "9"), "lot"),
                (NOT_FOUND, ("explain", MARKET, "nobody"), "NOT_FOUND"),
                (NOT_FOUND, ("reverse", "profile", "nobody"), "NOT_FOUND"),
                (NOT_FOUND, ("reverse", "structure", "nobody"), "NOT_FOUND"),
                (USAGE, ("reverse", "market", MARKET), "structure|profile"),
                (USAGE, ("reverse", "profile"), "structure|profile"),
                (NOT_FOUND, ("market", "get", "M-0"), "NOT_FOUND"),
                (UNAVAILABLE, ("--connect", "tcp://127.0.0.1:9", "--timeout",
                               "0.3", "ping"), "127.0.0.1:9"),
                (FILE, ("import", "markets", "no-such-file"),
                 "no-such-file")):
            with self.subTest(argv):
                self.assertEqual(self.run_ctl(*argv), status, self.err)
                self.assertEqual(self.out, "")
                self.assertIn(words, self.err)

    def test_who_finds_nothing_is_told_where_to_look(self):
        for argv, named in (
                (("structure", "get", "M-0"), "structure"),
                (("facilitator", "get", "F-0"), "facilitator"),
                (("facilitator", "delete", "F-0", "--yes"), "facilitator"),
                (("match", "M-0"), "market"),
                (("assess", "scan", "M-0"), "market"),
                (("explain", MARKET, "p-0"), "profile"),
                (("hours", "plan", MARKET, "--lot", "1", "--workers", "p-0"),
                 "profile"),
                (("match", MARKET, "--lot", "9"), None),
                (("hours", "plan", MARKET, "--lot", "1", "--counting", "none"),
                 None)):
            with self.subTest(argv):
                self.expect(NOT_FOUND, *argv)
                lists = re.findall(r"`clausectl (\w+) list'", self.err)
                self.assertEqual(lists, [named] if named else [])

    def test_errors_are_json_too(self):
        self.run_ctl("--json", "market", "get", "M-0")
        error = json.loads(self.err)
        self.assertEqual((error["error"]["name"], error["exit"]),
                         ("NOT_FOUND", NOT_FOUND))

    def test_version_and_help(self):
        self.expect(DONE, "--version")
        self.says("0.1.0")
        for argv in (("--help",), ("help",), ("help", "match"),
                     ("import", "--help")):
            self.expect(DONE, *argv)
            self.says("clausectl")

    def listed(self, *argv):
        """The commands of the help, each with its sentence on its line."""
        help_text = self.expect(DONE, "help", *argv)
        lines = re.split(r"Command\w+\W?:\n", help_text)[1].split("\n\n")[0]
        for line in lines.splitlines():
            self.assertRegex(line, r"^  \w+ +\S.*\.$")
            self.assertEqual(len(re.match(r" *\w+ +", line)[0]), 14, line)
        return [line.split()[0] for line in lines.splitlines()]

    def test_every_command_stands_in_the_help(self):
        names = self.listed()
        self.assertIn("eligibility", names)
        self.assertEqual(self.listed("--lang", "fr"), names)

    def test_every_command_stands_in_the_manual(self):
        with open(os.path.join(harness.TOP, "docs", "clausectl.1.scd"),
                  encoding="utf-8") as page:
            told = {name for line in page if line.startswith("*")
                    for name in re.findall(r"\*([a-z]+)\*",
                                           line.split(" ")[0])}
        self.assertLessEqual(set(self.listed()), told)

    def completed(self, *words):
        """What bash proposes after these words."""
        script = (". %s/packaging/completion/clausectl\n"
                  "COMP_WORDS=(clausectl \"$@\" '')\n"
                  "COMP_CWORD=$(($# + 1))\n_clausectl\n"
                  "echo \"${COMPREPLY[@]}\"" % harness.TOP)
        env = dict(os.environ, CLAUSED_ENDPOINT=self.daemon.endpoint,
                   PATH=harness.BUILD + ":" + os.environ["PATH"])
        return subprocess.run(["bash", "-c", script, "bash", *words],
                              env=env, stdout=subprocess.PIPE,
                              check=True).stdout.decode().split()

    def test_every_command_is_completed(self):
        self.assertEqual(self.completed(), self.listed() + ["help"])

    def test_completion_knows_which_options_have_a_value(self):
        for words, proposed in (
                (("hours", "plan"), [MARKET]),
                (("hours", "plan", "--weeks"), []),
                (("hours", "plan", "--weeks", "34"), [MARKET]),
                (("hours", "--alerts"), "plan record summary pool".split()),
                (("assess", "--kind"), "RES_IAE RES_HAND RES_MIX".split()),
                (("assess", "--grace"), []),
                (("eligibility", "--territory"), []),
                (("market", "get", "--if-rev", "3"), [MARKET])):
            with self.subTest(words):
                self.assertEqual(self.completed(*words), proposed)

    def test_french_by_flag_and_by_locale(self):
        english = self.expect(DONE, "reasons", MARKET, "--on", ON)
        french = self.expect(DONE, "--lang", "fr", "reasons", MARKET, "--on",
                             ON)
        self.assertNotEqual(french, english)
        self.assertRegex(french, "[éèàê]")
        self.assertIn("KIND_NOT_ALLOWED", french)
        # None of these locales need exist on the machine.
        for env in (dict(LC_ALL="fr_FR.UTF-8"), dict(LC_ALL="fr_BE"),
                    dict(LC_ALL="", LC_MESSAGES="fr_FR.UTF-8"),
                    dict(LC_ALL="", LANG="fr_CA.UTF-8")):
            with self.subTest(env):
                self.assertEqual(self.expect(
                    DONE, "reasons", MARKET, "--on", ON, **env), french)
        for env in (dict(LC_ALL="C"), dict(LC_ALL="en_US.UTF-8",
                                           LANG="fr_FR.UTF-8"),
                    dict(LC_ALL="de_DE.UTF-8")):
            with self.subTest(env):
                self.assertEqual(self.expect(
                    DONE, "reasons", MARKET, "--on", ON, **env), english)

    def test_errors_are_french_too(self):
        self.run_ctl("--lang", "fr", "market", "get", "M-0")
        french = self.err
        self.run_ctl("--lang", "en", "market", "get", "M-0")
        self.assertNotEqual(french, self.err)
        self.assertIn("NOT_FOUND", french)
        self.run_ctl("--lang", "fr", "match", MARKET, "--lot", "9")
        self.assertEqual(self.err, "clausectl: lot\xa0: cet objet n'existe pas "
                         "(this market has lots 1 to 2) [NOT_FOUND]\n")


class Files(Cli):
    HEAD = "siret,kind,name,commune,activities.cpv,activities.zone.codes\n"

    def row(self, n, name="A", commune="76351", cpv="90910000",
            zone="DEP:76|DEP:27"):
        return '%s,EI,"%s",%s,%s,%s\n' % (
            siret(n), name.replace('"', '""'), commune, cpv, zone)

    def test_good_rows_go_in_and_bad_ones_to_the_rejects(self):
        self.file("s.csv", self.HEAD + self.row(1, 'A, "B"')
                  + self.row(2, commune="99999") + self.row(3)
                  + self.row(4, zone="75") + self.row(5, cpv="4521"))
        told = self.json("import", "structures", "s.csv", status=DATA)
        self.assertEqual((told["rows"], told["accepted"], told["created"],
                          told["rejected"]), (5, 2, 2, 3))
        self.assertEqual(told["reasons"], {"UNKNOWN_COMMUNE": 1,
                                           "CODE_UNTYPED": 1, "BAD_CPV": 1})
        got = self.ask("structure.get", id=structure_id(1))["structure"]
        self.assertEqual(got["name"], 'A, "B"')
        self.assertEqual(got["activities"][0]["zone"]["codes"],
                         ["DEP:76", "DEP:27"])

        rejects = list(csv.DictReader(io.StringIO(self.read("s.csv.rejects"))))
        self.assertEqual([(r["row"], r["field"], r["reason"].split(":")[0])
                          for r in sorted(rejects, key=lambda r: r["row"])],
                         [("3", "commune", "UNKNOWN_COMMUNE"),
                          ("5", "activities[1].zone.codes[1]",
                           "CODE_UNTYPED"),
                          ("6", "activities[1].cpv[1]", "BAD_CPV")])
        corrected = (self.read("s.csv.rejects").replace("99999", "76540")
                     .replace(",75,", ",DEP:75,").replace("4521", "45210000"))
        self.file("again.csv", corrected)
        told = self.json("import", "structures", "again.csv")
        self.assertEqual((told["accepted"], told["rejected"]), (3, 0))
        self.assertEqual(self.ask("stats")["structures"], 5)
        self.assertFalse(os.path.exists(self.home + "/again.csv.rejects"))

    def test_rejects_of_every_format_import_again(self):
        good, bad = market("M-1"), market("M-2", status="LATER")
        self.file("m.ndjson", "".join(json.dumps(m) + "\n"
                                      for m in (good, bad)) + "{nonsense\n")
        told = self.json("import", "markets", "m.ndjson", status=DATA)
        self.assertEqual((told["accepted"], told["rejected"]), (1, 2))
        first, second = self.read("m.ndjson.rejects").splitlines()
        self.assertIn("BAD_CODE", first + second)
        self.file("again.ndjson",
                  [x for x in (first, second) if "LATER" in x][0]
                  .replace("LATER", "PLANNED"))
        self.assertEqual(self.json("import", "markets",
                                   "again.ndjson")["accepted"], 1)

        self.file("p.tsv", "id\tcommune\tmobility_km\tcriteria.code\n"
                  "p-1\t76351\t20\tRSA\np-2\t76351\t-1\tRSA\n")
        self.json("import", "profiles", "p.tsv", status=DATA)
        self.file("again.tsv",
                  self.read("p.tsv.rejects").replace("\t-1\t", "\t5\t"))
        self.assertEqual(self.json("import", "profiles",
                                   "again.tsv")["accepted"], 1)
        mode = os.stat(self.home + "/p.tsv.rejects").st_mode & 0o777
        self.assertEqual(mode, 0o600)

    def test_a_dry_run_is_the_daemon_s_word_and_changes_nothing(self):
        self.file("s.csv", self.HEAD + self.row(1)
                  + self.row(2, commune="99999"))
        told = self.json("import", "structures", "s.csv", "--dry-run",
                         status=DATA)
        self.assertEqual((told["dry_run"], told["accepted"],
                          told["reasons"]),
                         (True, 1, {"UNKNOWN_COMMUNE": 1}))
        self.assertEqual(self.revision(), 0)

    def test_a_repeated_id_adds_to_lists(self):
        self.file("s.csv", self.HEAD + self.row(1)
                  + self.row(1, cpv="77310000", zone="FR"))
        told = self.json("import", "structures", "s.csv")
        self.assertEqual((told["rows"], told["accepted"]), (2, 1))
        got = self.ask("structure.get", id=structure_id(1))["structure"]
        self.assertEqual([a["cpv"] for a in got["activities"]],
                         [["90910000"], ["77310000"]])

    def test_a_bad_row_takes_its_whole_object_along(self):
        self.file("s.csv", self.HEAD + self.row(1)
                  + self.row(1, cpv="4521"))
        self.json("import", "structures", "s.csv", status=DATA)
        self.assertEqual(self.ask("stats")["structures"], 0)
        rejects = self.read("s.csv.rejects")
        self.assertEqual(len(rejects.splitlines()), 3)

    def test_files_of_french_spreadsheets(self):
        text = (self.HEAD + self.row(1, "Associé")).replace(",", ";")
        self.file("bom.csv", b"\xef\xbb\xbf" + text.encode())
        self.file("cp1252.csv", text.replace("\n", "\r\n").encode("cp1252"))
        for name in ("bom.csv", "cp1252.csv"):
            with self.subTest(name):
                told = self.json("import", "structures", name)
                self.assertEqual(told["converted"], name == "cp1252.csv")
                got = self.ask("structure.get", id=structure_id(1))
                self.assertEqual(got["structure"]["name"], "Associé")

    def test_rows_that_are_damaged_are_rejected_alone(self):
        self.file("s.csv", (self.HEAD + self.row(1)).encode()
                  + self.row(2, "nul").encode().replace(b"nul", b"n\0l")
                  + self.row(3).encode())
        told = self.json("import", "structures", "s.csv", status=DATA)
        self.assertEqual((told["accepted"], told["rejected"]), (2, 1))

    def test_people_s_identities_are_refused_before_anything_is_sent(self):
        self.file("p.csv", "id,commune,mobility_km,prenom\np-1,76351,5,x\n")
        self.expect(DATA, "import", "profiles", "p.csv")
        self.says("prenom")
        self.file("p.ndjson", json.dumps(dict(profile(), email="a@b.fr")))
        told = self.json("import", "profiles", "p.ndjson", status=DATA)
        self.assertEqual(told["reasons"], {"PII_FORBIDDEN": 1})
        self.assertEqual(self.revision(), 0)

    def test_an_unknown_column_is_told_with_the_one_meant(self):
        self.file("p.csv", "id,comune,mobility_km\np-1,76351,5\n")
        self.expect(DATA, "import", "profiles", "p.csv")
        self.says("comune", "commune")
        self.assertEqual(self.revision(), 0)

    def test_an_import_may_be_sent_again_with_its_key(self):
        self.file("s.csv", self.HEAD + self.row(1) + self.row(2))
        first = self.json("--key", "night-1", "import", "structures", "s.csv")
        again = self.json("--key", "night-1", "import", "structures", "s.csv")
        self.assertEqual(again, first)
        self.assertEqual(self.revision(), 2)

    def test_stdin_is_a_file(self):
        self.expect(DONE, "import", "markets", "-",
                    stdin=json.dumps(market()).encode() + b"\n")
        self.ask("market.get", id="M-1")

    def test_what_is_exported_imports_again_the_same(self):
        self.demo()
        other = self.new_daemon().fresh()
        for entity in LISTS:
            for form in FORMATS:
                with self.subTest("%s as %s" % (entity, form)):
                    name = "%s.%s" % (entity, form)
                    self.expect(DONE, "export", entity, name)
                    told = self.json("import", entity, name, daemon=other)
                    self.assertEqual(told["rejected"], 0)
                    self.expect(DONE, "export", entity, "again." + name,
                                daemon=other)
                    self.assertEqual(self.read("again." + name),
                                     self.read(name))
            verb = entity[:-1] + ".list"
            self.assertEqual(list(other.client().each(verb)),
                             list(self.client.each(verb)))


class Entities(Cli):
    def test_get_put_list_delete(self):
        self.file("m.json", json.dumps(market()))
        self.expect(DONE, "market", "put", "m.json")
        got = self.json("market", "get", "M-1")
        self.assertEqual(got, self.ask("market.get", id="M-1"))
        self.file("got.json", json.dumps(got["market"]))
        self.expect(CONFLICT, "market", "put", "got.json", "--if-rev", "7")
        self.expect(DONE, "market", "put", "got.json", "--if-rev", "1")
        self.expect(DONE, "market", "list")
        self.says("M-1", "DEMO")
        self.expect(USAGE, "market", "delete", "M-1")
        self.ask("market.get", id="M-1")
        self.expect(DONE, "market", "delete", "M-1", "--yes")
        self.refused("NOT_FOUND", "market.get", id="M-1")

    def test_what_get_prints_put_takes(self):
        self.ask("structure.put", structure=structure())
        self.file("s.json", self.expect(DONE, "--json", "structure", "get",
                                        structure_id()))
        self.expect(DONE, "structure", "put", "s.json", "--if-rev", "1")
        self.assertEqual(self.revision(), 2)

    def test_a_profile_is_erased(self):
        self.ask("profile.put", profile=profile())
        self.expect(DONE, "profile", "get", "p-1")
        self.says("RSA")
        self.expect(DONE, "profile", "erase", "p-1", "--yes")
        self.expect(NOT_FOUND, "profile", "get", "p-1")

    def test_what_a_put_says_of_a_profile_names_nobody(self):
        self.file("p.json", json.dumps(profile("new-1")))
        self.expect(DONE, "profile", "put", "p.json")
        self.assertRegex(self.out, r"^The profile was created; ")


class Tutorial(Cli):
    def test_every_command_of_the_tutorial_works(self):
        with open(os.path.join(harness.TOP, "docs", "tutorial.md")) as f:
            commands = [line[2:].strip() for line in f
                        if line.startswith("$ clausectl ")]
        self.assertGreater(len(commands), 10)
        os.symlink(os.path.join(harness.TOP, "tests"), self.home + "/tests")
        env = dict(os.environ, CLAUSED_ENDPOINT=self.daemon.endpoint,
                   LC_ALL="C.UTF-8",
                   PATH=harness.BUILD + ":" + os.environ["PATH"])
        for command in commands:
            with self.subTest(command):
                done = subprocess.run(["sh", "-c", command], cwd=self.home,
                                      env=env, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT)
                self.assertEqual(done.returncode, 0, done.stdout)


class RealLayouts(Cli):
    """A few rows in the layouts of real producers."""


    def decp(self, **cells):
        head = self.head("markets-decp.tsv")
        row = dict(uid="U1", type="marché", object="Nettoyage",
                   cpv="90910000", cpv_raw="90910000", place_code="76",
                   place_code_type="Code département", duration_months="12",
                   notification_date="2019-01-15", amount_eur="1000.5")
        row.update(cells)
        return "\t".join(row.get(c, "") for c in head) + "\n"

    HEADS = {
        "markets-decp.tsv":
            "uid source buyer_id buyer_siren buyer_name buyer_dep type nature "
            "object cpv_raw cpv procedure place_code place_code_type "
            "place_name place_dep duration_months notification_date "
            "publication_date amount_eur price_form holders "
            "siae_holder_kinds offers_received object_mentions",
        "structures.tsv":
            "structure_id kind siret siren name brand legal_form naf postcode "
            "city insee dep_code lat lon coord_source rome_codes "
            "places_authorised is_regie_de_quartier activity_text sources "
            "data_year"}

    def head(self, name):
        return self.HEADS[name].split()

    def test_decp(self):
        rows = [
            self.decp(uid="dep"),
            self.decp(uid="cp", place_code="33360",
                      place_code_type="Code postal"),
            self.decp(uid="fr", place_code="FR",
                      place_code_type="Code pays"),
            self.decp(uid="old", place_code="23",
                      place_code_type="Code région"),
            self.decp(uid="reg", place_code="28",
                      place_code_type="Code région"),
            self.decp(uid="big", amount_eur="1E17"),
            self.decp(uid="nul", place_code="00",
                      place_code_type="Code postal")]
        self.file("d.tsv", "\t".join(self.head("markets-decp.tsv")) + "\n"
                  + "".join(rows))
        told = self.json("import", "markets", "d.tsv", "--from", "decp",
                         "--status", "OPEN", status=DATA)
        self.assertEqual(told["rows"], 7)
        self.assertEqual(told["accepted"] + told["rejected"], 7)
        by_id = {m["id"]: m for m in self.client.each("market.list")}
        places = {uid: m["lots"][0].get("places")
                  for uid, m in by_id.items()}
        self.assertEqual(places["dep"], ["DEP:76"])
        self.assertEqual(len(places["cp"]), 6)
        self.assertEqual(places["fr"], ["FR"])
        self.assertEqual(places["reg"], ["REG:28"])
        for uid in ("old", "big"):
            self.assertNotIn(uid, by_id)
        self.assertEqual(by_id["dep"]["lots"][0]["amount"], 100050)
        self.assertEqual(by_id["dep"]["status"], "OPEN")

    def test_no_answer_is_lost_while_postcodes_are_asked_for(self):
        rows = [self.decp(uid="m-%d" % i, place_code="%d" % (59000 + i),
                          place_code_type="Code postal")
                for i in range(1800)]
        self.file("d.tsv", "\t".join(self.head("markets-decp.tsv")) + "\n"
                  + "".join(rows))
        # A lost answer would be waited for longer than run_ctl has patience.
        told = self.json("import", "markets", "d.tsv", "--from", "decp",
                         "--timeout", "3600", status=DATA)
        self.assertEqual(told["rows"], 1800)
        self.assertEqual(told["accepted"],
                         sum(1 for _ in self.client.each("market.list")))
        self.assertGreater(told["accepted"], 100)

    def test_siae_list(self):
        head = self.head("structures.tsv")
        row = dict(structure_id="x", kind="EI", siret=siret(1),
                   siren=siret(1)[:9], name="DEMO", naf="8121Z",
                   postcode="76600", city="Le Havre", insee="76351",
                   dep_code="76")
        self.file("s.tsv", "\t".join(head) + "\n"
                  + "\t".join(row.get(c, "") for c in head) + "\n")
        self.json("import", "structures", "s.tsv", "--from", "siae-list",
                  "--assume-km", "30")
        got = self.ask("structure.get", id=structure_id(1))["structure"]
        activity = got["activities"][0]
        self.assertTrue(activity["derived"])
        self.assertEqual(activity["zone"], {"within_km": 30})
        self.assertTrue(any(c.startswith("909") for c in activity["cpv"]))


if __name__ == "__main__":
    harness.main()
