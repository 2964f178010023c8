/*
 * What `clausectl help' lists: a row for each sub-command, its options before
 * it.
 */
#include "clients/cli/commands.h"
#include "clients/cli/names.h"

#include <string.h>

const struct argp_option common_options[] = {
    {"connect", OPT_CONNECT, N_("ENDPOINT"), 0,
     N_("Where the daemon listens (CLAUSED_ENDPOINT; tcp://127.0.0.1:5570)"),
     90},
    {"identity", OPT_IDENTITY, N_("FILE"), 0,
     N_("The file of our secret key (CLAUSED_IDENTITY)"), 90},
    {"server-key", OPT_SERVER_KEY, N_("KEY"), 0,
     N_("The daemon's public key, or its file (CLAUSED_SERVER_KEY)"), 90},
    {"timeout", OPT_TIMEOUT, N_("SECONDS"), 0,
     N_("How long to wait for an answer (10)"), 90},
    {"json", OPT_JSON, NULL, 0, N_("Print JSON, with the keys of the protocol"),
     90},
    {"key", OPT_KEY, N_("KEY"), 0,
     N_("Idempotency key: repeat a write whose answer was lost"), 90},
    {"purpose", OPT_PURPOSE, N_("WORD"), 0,
     N_("Why people are asked for, in the access log: placement, follow-up ... "
        "(CLAUSED_PURPOSE; by the command)"),
     90},
    {"lang", OPT_LANG, N_("LANGUAGE"), 0, N_("Speak this language: fr, en"),
     90},
    {0}};

/* ---- The sub-commands ------------------------------------------------- */

#define OPTION_LOT                                                             \
    {                                                                          \
        "lot", OPT_LOT, N_("N"), 0, N_("The lot, numbered from 1"), 0          \
    }
#define OPTION_JOB                                                             \
    {                                                                          \
        "job", OPT_JOB, N_("N"), 0, N_("The job of the lot, numbered from 1"), \
            0                                                                  \
    }
#define OPTION_LIMIT                                                           \
    {                                                                          \
        "limit", OPT_LIMIT, N_("N"), 0, N_("At most so many"), 0               \
    }
#define OPTION_ON                                                              \
    {                                                                          \
        "on", OPT_ON, N_("DATE"), 0, N_("As of this day (today in Paris)"), 0  \
    }
#define OPTION_KINDS                                                           \
    {                                                                          \
        "kinds", OPT_KINDS, N_("KIND,..."), 0,                                 \
            N_("Only these kinds of structures"), 0                            \
    }
#define OPTION_NATIONWIDE                                                      \
    {                                                                          \
        "nationwide", OPT_NATIONWIDE, N_("HOW"), 0,                            \
            N_("include, exclude or only: structures that offer their work "   \
               "in all "                                                       \
               "of France"),                                                   \
            0                                                                  \
    }
#define OPTION_GRACE                                                           \
    {                                                                          \
        "grace", OPT_GRACE, N_("DAYS"), 0,                                     \
            N_("How late a person may be available (14)"), 0                   \
    }
#define OPTION_KIND_OF_CANDIDATES                                              \
    {"structures", OPT_STRUCTURES, NULL, 0, N_("Only structures"), 0},         \
    {                                                                          \
        "people", OPT_PEOPLE, NULL, 0, N_("Only people"), 0                    \
    }
#define OPTION_ADJACENT_KM                                                     \
    {                                                                          \
        "adjacent-km", OPT_ADJACENT_KM, N_("N"), 0,                            \
            N_("How far the nearest covered commune may be for its "           \
               "facilitator to take a zone over (50)"),                        \
            0                                                                  \
    }
#define OPTION_FIGURE(name, figure, value, doc)                                \
    {                                                                          \
        name, OPT_FIGURE + FIGURE_##figure, value, 0, doc, 0                   \
    }
#define OPTION_IF_REV                                                          \
    {                                                                          \
        "if-rev", OPT_IF_REV, N_("N"), 0,                                      \
            N_("Only if its revision is N (0: if it does not exist)"), 0       \
    }
#define OPTION_YES                                                             \
    {                                                                          \
        "yes", OPT_YES, NULL, 0, N_("Delete without asking"), 0                \
    }

static const struct argp_option stats_options[] = {
    {"verbs", OPT_VERBS, NULL, 0, N_("Count requests too"), 0}, {0}};
static const struct argp_option entity_options[] = {
    OPTION_LIMIT, OPTION_IF_REV, OPTION_YES, {0}};
static const struct argp_option import_options[] = {
    {"dry-run", OPT_DRY_RUN, NULL, 0,
     N_("Let the daemon check every row and write nothing"), 0},
    {"bulk", OPT_BULK, NULL, 0,
     N_("Profiles: index them at the end, as is done from 50,000 on"), 0},
    {"from", OPT_FROM, N_("LAYOUT"), 0,
     N_("The file is in another producer's layout: siae-list, decp"), 0},
    {"assume-km", OPT_ASSUME_KM, N_("N"), 0,
     N_("siae-list: assume that a structure works within N km of its home"), 0},
    {"status", OPT_STATUS, N_("STATUS"), 0,
     N_("decp: give the markets this status (AWARDED)"), 0},
    {"rejects", OPT_REJECTS, N_("FILE"), 0,
     N_("Write rejected rows there (FILE.rejects)"), 0},
    {0}};
static const struct argp_option export_options[] = {
    {"format", OPT_FORMAT, N_("FORMAT"), 0,
     N_("csv, tsv or ndjson (by the file's ending; csv)"), 0},
    {0}};
static const struct argp_option key_options[] = {
    {"role", OPT_ROLE, N_("ROLE"), 0,
     N_("new: portal, facilitator, batch or admin"), 0},
    OPTION_FIGURE("territory", TERRITORY, N_("CODE,..."),
                  N_("new: where: DEP:76, EPCI:200023414 ...; FR: everywhere")),
    {"grant", OPT_GRANT, N_("GRANT"), 0,
     N_("new: pseudonyms, for a prescriber's portal"), 0},
    {"from", OPT_FROM, N_("DATE"), 0, N_("new: the first day"), 0},
    {"until", OPT_UNTIL, N_("DATE"), 0, N_("new: the last day"), 0},
    {"public-key", OPT_PUBLIC_KEY, N_("KEY"), 0,
     N_("new: of a pair that its holder has made"), 0},
    OPTION_LIMIT,
    {0}};
static const struct argp_option match_options[] = {
    OPTION_LOT,        OPTION_JOB,   OPTION_KIND_OF_CANDIDATES,
    OPTION_LIMIT,      OPTION_ON,    OPTION_KINDS,
    OPTION_NATIONWIDE, OPTION_GRACE, {0}};
static const struct argp_option reverse_options[] = {
    OPTION_LIMIT,      OPTION_ON,    OPTION_KINDS,
    OPTION_NATIONWIDE, OPTION_GRACE, {0}};
static const struct argp_option explain_options[] = {
    OPTION_LOT,        OPTION_JOB,   OPTION_ON, OPTION_KINDS,
    OPTION_NATIONWIDE, OPTION_GRACE, {0}};
static const struct argp_option reasons_options[] = {
    OPTION_LOT, OPTION_ON, OPTION_KINDS, OPTION_NATIONWIDE, OPTION_GRACE, {0}};
static const struct argp_option obligation_options[] = {OPTION_ON, {0}};
static const struct argp_option group_options[] = {
    OPTION_LOT, OPTION_LIMIT, OPTION_ON, OPTION_KINDS, OPTION_NATIONWIDE, {0}};
static const struct argp_option route_options[] = {
    OPTION_LOT, OPTION_ON, OPTION_ADJACENT_KM, {0}};
static const struct argp_option blank_options[] = {
    OPTION_ON,
    {"communes", OPT_COMMUNES, NULL, 0, N_("List every commune"), 0},
    {0}};
static const struct argp_option eligibility_options[] = {
    OPTION_ON,
    OPTION_KINDS,
    {"structure", OPT_STRUCTURE, N_("ID"), 0, N_("Who would employ the person"),
     0},
    {"prescriber", OPT_PRESCRIBER, N_("DATE"), 0,
     N_("A prescriber made a diagnosis on that day"), 0},
    {"employer", OPT_EMPLOYER, N_("DATE"), 0,
     N_("The employer made a diagnosis on that day"), 0},
    OPTION_FIGURE("territory", TERRITORY, N_("CODE"),
                  N_("Whose publics: COM:, EPCI:, DEP:, REG:, FR")),
    {"publics", OPT_PUBLICS, N_("PUBLIC,..."), 0, N_("Only these publics"), 0},
    {"mission", OPT_MISSION, N_("HOURS"), 0,
     N_("An AI's mission: how many of its hours are allowed"), 0},
    {"client", OPT_CLIENT, N_("KIND"), 0,
     N_("Where: FIRM (if not said), LOCAL_AUTHORITY, ASSOCIATION, INDIVIDUAL"),
     0},
    {"done", OPT_DONE, N_("HOURS"), 0,
     N_("Hours in firms since the first placement"), 0},
    {"first-on", OPT_FIRST_ON, N_("DATE"), 0, N_("Day of the first placement"),
     0},
    {"layoff-on", OPT_LAYOFF_ON, N_("DATE"), 0,
     N_("Day of the last economic lay-off there"), 0},
    {0}};
static const struct argp_option hours_options[] = {
    OPTION_LOT,
    OPTION_LIMIT,
    OPTION_ON,
    OPTION_FIGURE("clause", CLAUSE, N_("N"),
                  N_("The clause of the lot, numbered from 1")),
    OPTION_FIGURE("amount", AMOUNT, N_("EUROS"),
                  N_("plan: amount without VAT")),
    OPTION_FIGURE("labour-share", LABOUR_SHARE, N_("PERCENT"),
                  N_("plan: labour in the amount")),
    OPTION_FIGURE("rate", RATE, N_("PERCENT"),
                  N_("plan: insertion in the hours of labour")),
    OPTION_FIGURE("hourly-cost", HOURLY_COST, N_("EUROS"),
                  N_("plan: of an hour of labour, all charges in")),
    OPTION_FIGURE("labour-hours", LABOUR_HOURS, N_("N"),
                  N_("plan: all hours of labour")),
    OPTION_FIGURE("hours", HOURS, N_("N"), N_("plan: hours of insertion")),
    OPTION_FIGURE("start", START, N_("DATE"), N_("plan: of the work")),
    OPTION_FIGURE("weeks", WEEKS, N_("N"), N_("plan: how long")),
    OPTION_FIGURE("hours-week", HOURS_WEEK, N_("N"),
                  N_("plan: of the job; pool: at most")),
    OPTION_FIGURE("headcount", HEADCOUNT, N_("N"),
                  N_("plan: share the hours among so many")),
    OPTION_FIGURE("operations", OPERATIONS, N_("N"),
                  N_("plan: share them among so many operations")),
    OPTION_FIGURE("workers", WORKERS, N_("LIST"),
                  N_("plan: hours a week or profiles, with commas")),
    OPTION_FIGURE("counting", COUNTING, N_("METHOD"),
                  N_("By the rules of this counting method")),
    OPTION_FIGURE("by", BY, N_("LEVEL"),
                  N_("summary: CLAUSE, MARKET, BUYER, COMMUNE, EPCI, "
                     "DEPARTMENT or REGION")),
    OPTION_FIGURE("buyer", BUYER, "SIRET", N_("summary: only its markets")),
    OPTION_FIGURE("territory", TERRITORY, N_("CODE"),
                  N_("Only lots with work there: DEP:76, COM:76540 ...")),
    {"alerts", OPT_ALERTS, NULL, 0, N_("summary: only what is late"), 0},
    OPTION_FIGURE("km", KM, N_("N"), N_("pool: between any two works")),
    OPTION_FIGURE("gap-days", GAP_DAYS, N_("N"),
                  N_("pool: without work, at most")),
    {0}};
static const struct argp_option assess_options[] = {
    OPTION_LOT,
    OPTION_LIMIT,
    OPTION_ON,
    OPTION_GRACE,
    OPTION_FIGURE("kind", KIND, N_("KIND"),
                  N_("reserved: RES_IAE, RES_HAND or RES_MIX (the lot's own)")),
    OPTION_FIGURE("labour-share", LABOUR_SHARE, N_("PERCENT"),
                  N_("Labour in the amount")),
    OPTION_FIGURE("rate", RATE, N_("PERCENT"),
                  N_("Insertion in the hours of labour")),
    OPTION_FIGURE("hourly-cost", HOURLY_COST, N_("EUROS"),
                  N_("Of an hour of labour, all charges in")),
    OPTION_FIGURE("labour-hours", LABOUR_HOURS, N_("N"),
                  N_("market: all hours of labour of the lot")),
    OPTION_ADJACENT_KM,
    {0}};
static const struct argp_option rescore_options[] = {
    OPTION_ON,
    OPTION_LIMIT,
    OPTION_GRACE,
    {"wait", OPT_WAIT, NULL, 0, N_("Follow it until it is over, and sum it up"),
     0},
    {"status", OPT_SHOW_STATUS, NULL, 0,
     N_("Say how it stands, and begin none"), 0},
    {"cancel", OPT_CANCEL, NULL, 0, N_("End the one that runs"), 0},
    {0}};
static const struct argp_option backup_options[] = {
    {"seconds", OPT_SECONDS, N_("N"), 0,
     N_("How long it may take (60, or as the daemon is configured)"), 0},
    {0}};
static const struct argp_option journal_options[] = {
    {"since", OPT_SINCE, N_("N"), 0,
     N_("list: after this event; verify: from this checkpoint on"), 0},
    {"follow", OPT_WAIT, NULL, 0,
     N_("list: go on with what happens, from now on without --since"), 0},
    OPTION_LIMIT,
    {0}};
static const struct argp_option retention_options[] = {
    OPTION_ON,
    {"days", OPT_DAYS, N_("N"), 0, N_("How far to look ahead (30)"), 0},
    {"run", OPT_RUN, NULL, 0, N_("Erase those whose time is over"), 0},
    {0}};
static const struct argp_option compact_options[] = {
    {"wait", OPT_WAIT, NULL, 0, N_("Until it is done, --timeout at most"), 0},
    {0}};
static const struct argp_option reference_options[] = {
    {"version", OPT_VERSION, N_("V"), 0,
     N_("The table's version (the file's date)"), 0},
    {"source", OPT_SOURCE, N_("S"), 0,
     N_("Where it comes from (the file's name)"), 0},
    {0}};

const struct command commands[COMMANDS] = {
    {"ping", cmd_ping, NULL, "", N_("See whether the daemon answers."), NULL,
     "ping --connect tcp://10.0.0.5:5570\n"},
    {"stats", cmd_stats, stats_options, "",
     N_("What the daemon holds, and what it lacks."), NULL, "stats --verbs\n"},
    {"import", cmd_import, import_options,
     N_("structures|profiles|markets|facilitators FILE"),
     N_("Bring a file in: CSV, TSV or NDJSON; - is stdin."),
     N_("Good rows are written; bad ones go to FILE.rejects with the reason, "
        "and can be corrected there and imported again. Columns are the "
        "paths that `clausectl fields' shows; a row that repeats the id adds "
        "to lists; | parts codes in a cell; amounts are cents."),
     "import structures structures.csv --dry-run\n"
     "import markets markets.ndjson\n"
     "import structures list.tsv --from siae-list --assume-km 30\n"
     "import markets decp.tsv --from decp --status OPEN\n"},
    {"export", cmd_export, export_options,
     N_("structures|profiles|markets|facilitators|hours [FILE]"),
     N_("Write everything of one kind to a file that import takes back."), NULL,
     "export structures structures.csv\n"
     "export markets --format ndjson | gzip > markets.gz\n"},
    {"structure", cmd_structure, entity_options,
     N_("get ID\nlist\nput FILE\ndelete ID"),
     N_("Structures, one by one; an id is SIRET-KIND."), NULL,
     "structure get 00000001800010-EI\n"
     "structure get 00000001800010-EI --json > s.json\n"
     "structure put s.json --if-rev 12\n"},
    {"market", cmd_market, entity_options,
     N_("get ID\nlist\nput FILE\ndelete ID"), N_("Markets, one by one."), NULL,
     "market list\n"
     "market put - < market.json\n"},
    {"profile", cmd_profile, entity_options,
     N_("get ID\nlist\nput FILE\nerase ID"),
     N_("Job-seekers under their pseudonyms, one by one."), NULL,
     "profile erase DEMO-P10 --yes\n"},
    {"facilitator", cmd_facilitator, entity_options,
     N_("get ID\nlist\nput FILE\ndelete ID"),
     N_("Facilitators of social clauses, one by one."), NULL,
     "facilitator list\n"
     "facilitator put - < facilitator.json\n"},
    {"match", cmd_match, match_options, N_("MARKET"),
     N_("Who can answer this market, and who could work on it."),
     N_("Scores are out of 1000; ? marks what is not known and counts 500."),
     "match DEMO-2026-01\n"
     "match DEMO-2026-01 --lot 2 --people --limit 5\n"
     "match DEMO-2026-01 --kinds EI,ACI --json\n"},
    {"reverse", cmd_reverse, reverse_options, N_("structure ID\nprofile ID"),
     N_("Which open lots a structure fits, or which open jobs a person."),
     N_("The scores are those of `clausectl match'."),
     "reverse structure 00000001800010-EI\n"
     "reverse structure 00000001800010-EI --nationwide exclude --json\n"
     "reverse profile DEMO-P10 --limit 5 --grace 30\n"},
    {"explain", cmd_explain, explain_options, N_("MARKET CANDIDATE"),
     N_("Why one structure or person is, or is not, in the answer."), NULL,
     "explain DEMO-2026-01 00000001800010-EI\n"
     "explain DEMO-2026-01 DEMO-P10 --lot 2 --job 1\n"},
    {"reasons", cmd_reasons, reasons_options, N_("MARKET"),
     N_("Count why the others are not in the answer."), NULL,
     "reasons DEMO-2026-01 --lot 2\n"},
    {"obligation", cmd_obligation, obligation_options, N_("MARKET"),
     N_("Whether a market must have a clause of insertion, and why."),
     N_("By amount, buyer, contract, launch and recorded exemption. --on "
        "stands "
        "for the launch of a market that is planned and names no day."),
     "obligation DEMO-2026-01\n"
     "obligation DEMO-2026-01 --on 2027-01-15 --json\n"},
    {"group", cmd_group, group_options, N_("MARKET"),
     N_("Which structures could answer a lot together."),
     N_("Two to four that cover its places, jobs and hours, each needed; who "
        "covers it alone is told first."),
     "group DEMO-2026-01 --lot 2\n"
     "group DEMO-2026-01 --limit 3 --json\n"},
    {"assess", cmd_assess, assess_options,
     N_("market MARKET\nreserved MARKET\nscan [MARKET...]"),
     N_("Whether a clause is worth it, or a reserved lot finds offers."),
     N_("market: by the law, hours, months, labour, people, structures and "
        "place of each lot. reserved: the risk of no offer, and the smallest "
        "change that lowers it. scan: the markets to come without a clause, "
        "or those that are named, the most worth first."),
     "assess market DEMO-2026-01 --labour-share 65\n"
     "assess reserved DEMO-2026-01 --lot 2 --kind RES_IAE\n"
     "assess scan --limit 10\n"},
    {"route", cmd_route, route_options, N_("MARKET"),
     N_("Which facilitators accompany a market, and who leads."),
     N_("Where nobody does, it says to whom the zone falls."),
     "route DEMO-2026-01\n"
     "route DEMO-2026-01 --lot 2 --adjacent-km 20\n"},
    {"blank", cmd_blank, blank_options, N_("[TERRITORY...]"),
     N_("Where no facilitator accompanies clauses."),
     N_("At most four territories; all of France without one."),
     "blank\n"
     "blank REG:28 DEP:62\n"
     "blank DEP:76 --communes --json\n"},
    {"eligibility", cmd_eligibility, eligibility_options, N_("PROFILE"),
     N_("What a person is eligible for, and which proof is missing."), NULL,
     "eligibility DEMO-P10 --territory DEP:76\n"
     "eligibility DEMO-P10 --kinds EI,ETTI --employer 2026-09-01\n"
     "eligibility DEMO-P10 --mission 40 --done 450 --first-on 2025-09-23\n"},
    {"rescore", cmd_rescore, rescore_options, "",
     N_("The batch: every open lot against everything."),
     N_("It runs in the daemon, which answers meanwhile, and goes on when you "
        "stop following it. Its results replace those of the batch before when "
        "it is done. With --wait the exit status is 65 when lots had to be set "
        "aside, 130 when it was cancelled."),
     "rescore --wait\n"
     "rescore --on 2027-01-04 --limit 100\n"
     "rescore --status --wait\n"
     "rescore --cancel\n"},
    {"retention", cmd_retention, retention_options, "",
     N_("Whose profiles are going to be erased, and erasing them."),
     N_("Two years after the last contact or consent, whichever is later; at "
        "once without a consent. A timer runs it every night."),
     "retention\n"
     "retention --days 60 --json\n"
     "retention --run\n"},
    {"compact", cmd_compact, compact_options, "",
     N_("Write the store anew without what was erased."), NULL,
     "compact --wait --timeout 600\n"},
    {"hours", cmd_hours, hours_options,
     N_("plan [MARKET]\nrecord FILE\nsummary [MARKET]\npool [MARKET]"),
     N_("Hours of insertion: how many, by whom, and what is done."),
     N_("The file of record has a row for each entry, with the columns "
        "person, market, lot, clause, from, until, hours (151.67), and state "
        "(PLANNED, COMMITTED, DONE), item, contract, pooling, eligible_until, "
        "replace; or it is NDJSON. All rows are taken, or none."),
     "hours plan --amount 480000 --labour-share 65 --rate 7 --hourly-cost 28\n"
     "hours plan DEMO-2026-01 --lot 2 --weeks 24 --workers 35,24,20\n"
     "hours record october.csv\n"
     "hours summary DEMO-2026-01\n"
     "hours summary --by DEPARTMENT --alerts\n"
     "hours pool DEMO-2026-01 --km 20\n"
     "hours pool --territory DEP:76\n"},
    {"backup", cmd_backup, backup_options, "",
     N_("Write an encrypted backup, while the daemon serves."),
     N_("It goes where claused.conf says, with a key of its own among the "
        "daemon's secrets, and both are removed when it expires. `claused "
        "--restore FILE --store DIR' makes a store of it. The checkpoint is "
        "for `clausectl journal verify'."),
     "backup\n"
     "backup --seconds 600 --json\n"},
    {"journal", cmd_journal, journal_options, N_("list\nverify"),
     N_("What has changed, and whether the record of it is whole."),
     N_("verify follows the chain of hashes from the first event, or from a "
        "checkpoint that it printed before: kept elsewhere, that shows "
        "whether the journal was cut or written anew since. What stands "
        "before a checkpoint is not read. 65: the journal is not what was "
        "written."),
     "journal list --since 1200\n"
     "journal list --follow --json\n"
     "journal verify\n"
     "journal verify --since 1234:9f2c...\n"},
    {"reference", cmd_reference, reference_options, N_("import TABLE FILE"),
     N_("Bring in a table of facts, or rules instead of bundled ones."),
     N_("Columns: centres insee, lat, lon [approximate]; rome-links rome, "
        "rome_target, kind; sectors sector, group. Tables of rules, such as "
        "thresholds: rule, value, from, until, source; a day that stands "
        "twice or is left out refuses the table."),
     "reference import centres communes.tsv --version 2026-01\n"
     "reference import thresholds thresholds.tsv --version 2028-01-01\n"},
    {"key", cmd_key, key_options,
     N_("new ID [FILE]\nlist\nrevoke ID\npair FILE"),
     N_("Who may connect: a key for each client, for admins."),
     N_("new makes a pair and registers its public key under ID; the secret "
        "stays in FILE (ID.key) and goes to no one. What is revoked is refused "
        "from its next request on. pair makes a pair without a daemon: of the "
        "daemon itself (server_key), of the first admin, or of who sends the "
        "public key to an admin."),
     "key pair server.key\n"
     "key new portal-rouen --role portal --territory DEP:76\n"
     "key new mde --role portal --territory DEP:76 --grant pseudonyms "
     "--until 2027-11-30\n"
     "key revoke portal-rouen\n"},
    {"fields", cmd_fields, NULL, N_("structure|market|profile|facilitator"),
     N_("The columns of an entity and what each takes."), NULL,
     "fields market\n"},
};

const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (!strcmp(commands[i].name, name))
            return &commands[i];
    return NULL;
}

const char *command_nearest(const char *name)
{
    const char *best = NULL;
    size_t least = SIZE_MAX, distance;

    for (size_t i = 0; i < COMMANDS; i++) {
        distance = name_distance(name, commands[i].name);
        if (distance < least) {
            least = distance;
            best = commands[i].name;
        }
    }
    return best && name_is_near(name, least) ? best : NULL;
}
