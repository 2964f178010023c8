# claused: `make help` lists the targets, V=1 shows the commands.

# ---- Settings -----------------------------------------------------------
B ?= build
CC ?= gcc
# packaging/hardened looks for each of these in the programs.
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection \
  $(if $(filter x86_64,$(shell uname -m)),-fcf-protection)
CFLAGS ?= -O2 -g $(HARDEN)
PREFIX ?= /usr/local
RUNS ?= 2000000
STORES ?= 1000
CYCLES ?= 200
IMAGES ?= 500
PYTHON := /usr/bin/python3
VERSION := 0.1.0
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

DEPS := deps deps-dev deps-bench deps-national
deps := gcc libc6-dev make pkg-config libzmq3-dev libmsgpack-dev liblmdb-dev \
  libuv1-dev libxxhash-dev libinih-dev libsodium-dev libsystemd-dev libjansson-dev \
  libcsv-dev libsmartcols-dev libcriterion-dev gettext python3-zmq python3-msgpack
deps-dev := clang-14 libclang-rt-14-dev clang-format-14 clang-tidy-14 cppcheck \
  binutils patch systemd logrotate
deps-bench := valgrind gnuplot-nox
deps-national := postgresql postgresql-15-postgis-3 libpq-dev

PKGS := libzmq msgpack lmdb libuv libxxhash inih libsodium libsystemd
PKGS_CLI := libzmq msgpack libsodium jansson smartcols
pkg = $(shell pkg-config $(1) $(2) 2>/dev/null)
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wmissing-prototypes -Wstrict-prototypes \
  -Wvla -Wwrite-strings -Wpointer-arith -Werror
ALL_CFLAGS = -std=gnu11 $(WARN) $(CFLAGS) -ffp-contract=off -fPIE -pthread -I. -D_GNU_SOURCE -DVERSION=\"$(VERSION)\" \
  $(patsubst -I%,-isystem %,$(call pkg,--cflags,$(PKGS) $(PKGS_CLI)))
LIBS = $(call pkg,--libs,$(PKGS)) -lm
LIBS_CLI = $(call pkg,--libs,$(PKGS_CLI)) -lcsv -lm
ALL_LDFLAGS = -pie -pthread -Wl,-z,relro,-z,now $(LDFLAGS)
Q := $(if $(V),,@)
SAY := @$(if $(V),:,printf '  %s %s\n')

# ---- Sources: a new file needs no edit here -----------------------------
CORE := $(wildcard protocol/*.c store/*.c engine/match/*.c)
ENGINE := $(filter-out engine/main.c,$(wildcard engine/*.c))
CLI := $(wildcard protocol/*.c clients/c/*.c clients/cli/*.c)
SUITES := $(patsubst tests/%.c,$B/tests/%,$(wildcard tests/test_*.c))
# Daemons with one function wrapped, so that the daemon itself carries no hook.
VARIANTS := dies hangs waits
SUPPORT := $(filter-out $(VARIANTS:%=tests/support/%.c),$(wildcard tests/support/*.c))
# A benchmark is a file with a main; the others are shared by all of them.
BENCH_C := $(shell grep -l '^int main' benchmarks/*.c)
BENCH_SHARED := $(filter-out $(BENCH_C),$(wildcard benchmarks/*.c))
BENCHES := $(BENCH_C:%.c=$B/%)
OBJ = $(CORE:%.c=$B/%.o) $(ENGINE:%.c=$B/%.o)
C_FILES = $(shell git ls-files '*.c' '*.h')

all: $B/claused $B/clausectl catalogues ## build the daemon and the command line

$B/%.o: %.c | deps
	@mkdir -p $(@D)
	$(SAY) CC $<
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@
# Loops over columns are written to become vectors.
$B/engine/match/rows.o $B/engine/match/near.o $B/engine/match/parts.o \
  $B/engine/match/structure_pass.o $B/engine/match/structure_rows.o: \
  ALL_CFLAGS += -O3 -fno-math-errno -fno-trapping-math
# The bundled tables are compiled in by .incbin, which -MMD does not see.
$B/store/reference_data.o: $(wildcard store/reference/*.tsv)
$B/clients/cli/tables_data.o: $(wildcard clients/cli/*.tsv)

$B/claused: $B/engine/main.o $(OBJ)
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $(CFLAGS) $^ $(LIBS) -o $@
$B/clausectl: $(CLI:%.c=$B/%.o)
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $(CFLAGS) $^ $(LIBS_CLI) -o $@
# A function __wrap_X that a suite, or what it includes of tests/support, defines
# stands in for X: faults are injected by the linker, and no code carries a hook.
wraps = $(shell grep -oh '__wrap_[a-z_]*' $(1) \
  $$(sed -n 's|^\#include "\(tests/support/.*\)\.h"|\1.c|p' $(1)) | \
  sort -u | sed 's/__wrap_/-Wl,--wrap=/')
$B/tests/test_%: $B/tests/test_%.o $(SUPPORT:%.c=$B/%.o) $(OBJ) $B/clients/c/clause.o
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $(CFLAGS) $^ $(LIBS) -lcriterion $(call wraps,tests/test_$*.c) -o $@
# The command line knows nothing of the daemon, nor do its tests.
$B/tests/test_files $B/tests/test_import $B/tests/test_quick: %: %.o $B/tests/support/tsan.o $(filter-out %/clausectl.o,$(CLI:%.c=$B/%.o))
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $(CFLAGS) $^ $(LIBS_CLI) -lcriterion -o $@
$B/benchmarks/%: $B/benchmarks/%.o $(BENCH_SHARED:%.c=$B/%.o) $(OBJ) $B/clients/c/clause.o
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $(CFLAGS) $^ $(LIBS) -o $@
# Of build/fuzz: clang's, with libFuzzer's main.
$B/tests/fuzz/%: $B/tests/fuzz/%.o $B/tests/fuzz/fuzz.o $B/tests/fuzz/store.o $(OBJ)
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $(CFLAGS) -fsanitize=fuzzer $^ $(LIBS) -o $@
$B/tests/fuzz/import: $B/tests/fuzz/import.o $B/tests/fuzz/fuzz.o $(filter-out %/clausectl.o,$(CLI:%.c=$B/%.o))
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $(CFLAGS) -fsanitize=fuzzer $^ $(LIBS_CLI) -o $@
# PostgreSQL is asked by a benchmark alone.
PG_OBJ := $(patsubst %.c,$B/%.o,$(wildcard benchmarks/postgres/*.c))
$(PG_OBJ): ALL_CFLAGS += $(patsubst -I%,-isystem %,$(call pkg,--cflags,libpq))
$(PG_OBJ): | deps-national
$B/benchmarks/postgres/pg: $(PG_OBJ) $B/benchmarks/figures.o $(OBJ)
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $(CFLAGS) $^ $(LIBS) $(call pkg,--libs,libpq) -o $@
$B/tests/claused-%: $B/engine/main.o $B/tests/support/%.o $(OBJ)
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_LDFLAGS) $(CFLAGS) $^ $(LIBS) $(call wraps,tests/support/$*.c) -o $@

# Loaded into the released daemon: they fail and record calls.
PRELOADS := $(patsubst %.c,$B/%.so,$(wildcard tests/faults/*.c))
$B/tests/faults/%.so: tests/faults/%.c | deps
	@mkdir -p $(@D)
	$(SAY) LD $@
	$(Q)$(CC) $(ALL_CFLAGS) -fno-builtin -fPIC -shared $< -o $@
# A daemon with one promise broken: a patched file in the place of its object.
$B/controls/%/claused: tests/faults/controls/%.patch $B/claused | deps-dev
	$(SAY) BREAK $@
	$(Q)CC='$(CC)' CFLAGS='$(ALL_CFLAGS)' LDFLAGS='$(ALL_LDFLAGS) $(CFLAGS)' \
	  LIBS='$(LIBS)' tests/faults/break $B $< $B/engine/main.o $(OBJ)

CATALOGUES := $(patsubst clients/cli/po/%.po,$B/locale/%/LC_MESSAGES/clausectl.mo,$(wildcard clients/cli/po/*.po))
catalogues: $(CATALOGUES)
$B/locale/%/LC_MESSAGES/clausectl.mo: clients/cli/po/%.po
	@mkdir -p $(@D)
	msgfmt --check --statistics -o $@ $<

# ---- Targets ------------------------------------------------------------
deps: $B/.deps ## install the Debian packages that are missing
deps-dev: $B/.deps-dev ## and those that developers need
deps-bench: $B/.deps-bench ## and those that `bench` needs
deps-national: $B/.deps-national ## and those that `bench-national` needs
$B/.deps-dev $B/.deps-bench: $B/.deps
$B/.deps-national: $B/.deps-bench
$(DEPS:%=$B/.%): $B/.%: Makefile packaging/deps
	@mkdir -p $B && packaging/deps $($*) && touch $@

demo: all ## two minutes from nothing to a matched market
	@tests/demo/run $B
demo-real: all ## the same over real files: make demo-real DATA=DIR
	@benchmarks/demo-real $B "$(DATA)"

tests: all $(SUITES) $(VARIANTS:%=$B/tests/claused-%)
test: tests ## every suite and the end-to-end tests, or those that TESTS names
	@tests/run $B $(TESTS)
brute: all ## STORES random stores against the brute force in Python
	@$(PYTHON) tests/brute/compare.py --build $B --stores $(STORES)
check: ## the tests under ASan and UBSan
	ASAN_OPTIONS=abort_on_error=1:detect_leaks=1 UBSAN_OPTIONS=print_stacktrace=1 \
	  $(MAKE) test B=build/asan CFLAGS='-O1 -g $(SANITIZE)'
tsan: ## the tests under ThreadSanitizer, or those that TESTS names
	TSAN_OPTIONS=halt_on_error=1:exitcode=99:history_size=4:suppressions=$(CURDIR)/tests/tsan.supp \
	  $(MAKE) test B=build/tsan CFLAGS='-O1 -g -fsanitize=thread -Wno-tsan'
valgrind: tests $B/tests/faults/narrow.so deps-bench ## the daemon and suites under memcheck, or those that TESTS names
	@tests/valgrind $B $(TESTS)
HARNESSES := $(filter-out %/ledger.py %/controls.py,$(wildcard tests/faults/*.py))
faults: all $(PRELOADS) ## the fault harnesses in their short form, with their figures
	@set -e; for f in $(HARNESSES); do CLAUSED_BUILD=$B $(PYTHON) $$f; done
crash: all ## CYCLES kills with eight writers and a batch, compared with what was acknowledged
	@CLAUSED_BUILD=$B $(PYTHON) tests/faults/crash.py $(CYCLES)
powercut: all $(PRELOADS) ## IMAGES of what a power cut leaves, checked and read back
	@CLAUSED_BUILD=$B $(PYTHON) tests/faults/powercut.py $(IMAGES)
controls: all $(PRELOADS) ## break each promise in a copy and see its test go red
	@CLAUSED_BUILD=$B $(PYTHON) tests/faults/controls.py
fuzzers: $(patsubst %.c,$B/%,$(filter-out %/fuzz.c %/store.c,$(wildcard tests/fuzz/*.c)))
fuzz: deps-dev ## RUNS inputs over all fuzz targets, or of TARGET
	@$(MAKE) fuzzers B=build/fuzz CC=clang-14 \
	  CFLAGS='-O1 -g $(SANITIZE) -fsanitize=fuzzer-no-link'
	@tests/fuzz/run build/fuzz $(RUNS) $(TARGET)
corpus: RUNS := keep
corpus: fuzz ## keep, of what fuzzing found, the least that reaches every place
bench: all $(BENCHES) deps-bench ## some minutes of measuring at small scale, a line a target
	@benchmarks/run $B small
bench-national: all $(BENCHES) $B/benchmarks/postgres/pg deps-national ## the whole country, beside PostgreSQL: hours
	@benchmarks/run $B national
hardened: all ## the programs have what makes mistakes harder to use
	@packaging/hardened $B
filtered: tests ## end-to-end tests under the system call filters of the units
	@tests/filtered $B
units: ## systemd finds our units exposed by 1.5 of 10 at most
	@packaging/units
fences: ## each library behind its door, includes one way
	@packaging/fences
tidy: deps-dev ## clang-tidy and cppcheck
	@packaging/tidy $B $(filter %.c,$(C_FILES)) -- $(ALL_CFLAGS)
format: deps-dev ## lay the code out
	clang-format-14 -i $(C_FILES)
format-check: deps-dev ## fail when the formatter would change something
	clang-format-14 --dry-run -Werror $(C_FILES)

install: all ## PREFIX, DESTDIR
	@packaging/install $B "$(DESTDIR)" "$(PREFIX)"
clean: ## remove what was built
	rm -rf build
help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */\1\t/' | expand -t 16

.PHONY: all catalogues tests fuzzers $(shell sed -nE 's/^([a-z-]+):.*##.*/\1/p' Makefile)
.SECONDARY:
-include $(shell find $B -name '*.d' 2>/dev/null)
