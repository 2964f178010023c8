/* claused.conf: what is taken, and what is refused with the reason. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <unistd.h>

#include "engine/config.h"

TestSuite(config, .timeout = 20);

static enum err read_text(const char *text, struct config *config, char *why,
                          size_t size)
{
    char path[] = "/tmp/claused-config-XXXXXX";
    int fd = mkstemp(path);
    enum err e;

    cr_assert(fd >= 0);
    cr_assert(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    e = config_read(path, config, why, size);
    unlink(path);
    return e;
}

Test(config, the_defaults_are_the_weights_of_the_rules)
{
    struct config config;

    config_default(&config);
    cr_expect_str_eq(config.listen, "tcp://127.0.0.1:5570");
    cr_expect_eq(config.structure_weights.activity, 300);
    cr_expect_eq(config.person_weights.availability, 100);
}

Test(config, a_file_sets_what_it_names_and_leaves_the_rest)
{
    struct config config;
    char why[200] = "";

    config_default(&config);
    cr_assert_eq(read_text("; a comment\n[claused]\nlisten = ipc:///run/c\n"
                           "secrets = /k\nslow_ms = 7\nrescore_workers = 3\n"
                           "[weights.people]\njob = 400\n"
                           "waiting = 250\n",
                           &config, why, sizeof why),
                 ERR_NONE, "%s", why);
    cr_expect_str_eq(config.listen, "ipc:///run/c");
    cr_expect_str_eq(config.secrets, "/k");
    cr_expect_eq(config.slow_ms, 7);
    cr_expect_eq(config.rescore_workers, 3);
    cr_expect_eq(config.person_weights.job, 400);
    cr_expect_eq(config.person_weights.distance, 250);
}

Test(config, the_first_admins_and_the_quotas_stand_in_the_file)
{
    static const char key[] = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
    struct config config;
    char text[300], why[200] = "";

    config_default(&config);
    snprintf(text, sizeof text,
             "[admins]\nroot = %s\nother=%s\n[quota.batch]\nrate = 7\n", key,
             key);
    cr_assert_eq(read_text(text, &config, why, sizeof why), ERR_NONE, "%s",
                 why);
    cr_expect_eq(config.n_admins, 2);
    cr_expect_str_eq(config.admins[0].name, "root");
    cr_expect_str_eq(config.admins[1].public_key, key);
    cr_expect_eq(config.quotas[KEY_BATCH].rate, 7);
    cr_expect_eq(config.quotas[KEY_BATCH].burst, 2000);
    cr_expect_eq(config.quotas[KEY_FACILITATOR].people, 600);
    cr_expect_eq(config.quotas[KEY_FACILITATOR].people_alert, 300);
    cr_assert_eq(
        read_text("[claused]\nslow_ms = 1\n", &config, why, sizeof why),
        ERR_NONE);
    cr_expect_eq(config.n_admins, 0, "the file names all of them");
}

Test(config, a_missing_file_is_an_error)
{
    struct config config;
    char why[200] = "";

    config_default(&config);
    cr_expect_eq(
        config_read("/nonexistent/claused.conf", &config, why, sizeof why),
        ERR_NOT_FOUND);
    cr_expect(why[0]);
}

struct wrong {
    char text[300];
    enum err expected;
};

ParameterizedTestParameters(config, refused)
{
    static struct wrong rows[] = {
        {"[claused]\nlisten = \nport = 3\n", ERR_UNKNOWN_FIELD},
        {"[claused]\nslow_ms = soon\n", ERR_WRONG_TYPE},
        {"[claused]\nslow_ms = 5ms\n", ERR_WRONG_TYPE},
        {"[claused]\nmap_mib = 0\n", ERR_RANGE},
        {"[weights.people]\njob = 451\n", ERR_WEIGHTS_SUM},
        {"[weights.structures]\nactivity = 1001\n", ERR_RANGE},
        {"[weights.structures]\nactivity = -1\n", ERR_RANGE},
        {"[claused]\nno equals sign here\n", ERR_MALFORMED},
        /* One character too many for inih: the tail would be lost. */
        {"[admins]\nroot = too-short\n", ERR_BAD_KEY},
        {"[admins]\nroot = ########################################\n",
         ERR_BAD_KEY},
        {"[quota.portal]\nrate = -1\n", ERR_RANGE},
        {"[quota.portal]\nin_flight = 0\n", ERR_RANGE},
        {"[quota.facilitator]\npeople = -1\n", ERR_RANGE},
        {"[quota.facilitator]\npeople_alert = 1000001\n", ERR_RANGE},
        {"[quota.nobody]\nrate = 1\n", ERR_UNKNOWN_FIELD},
        {"[claused]\nlisten = tcp://"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
         "\n",
         ERR_MALFORMED},
    };

    return cr_make_param_array(struct wrong, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(struct wrong *row, config, refused)
{
    struct config config;
    struct config before;
    char why[200] = "";

    config_default(&config);
    before = config;
    cr_expect_eq(read_text(row->text, &config, why, sizeof why), row->expected,
                 "%s: %s", row->text, why);
    cr_expect(why[0], "no reason is given");
    cr_expect_eq(memcmp(&before, &config, sizeof config), 0,
                 "a refused file has changed something");
}
