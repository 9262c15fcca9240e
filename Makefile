# SPDX-License-Identifier: Apache-2.0
#
# A short way to the things one does most.  The build itself is Meson's; see
# HACKING.md.  Everything is made in ./build; the checks use build-clang and
# build-san beside it.

BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
# How many jobs; Ninja takes one more than there are cores if it is empty.
JOBS ?=

ninja = ninja -C $(BUILD) $(if $(JOBS),-j$(JOBS))
# A folder that is new is only seen when Meson looks again.
meson_files = meson.build meson_options.txt $(wildcard */meson.build)

.PHONY: all setup demo replay check check-long lint format bench install deb clean

all: $(BUILD)/build.ninja
	$(ninja)
	@if test -x $(BUILD)/cli/occlum; then ln -sfn cli/occlum $(BUILD)/occlum; fi

$(BUILD)/build.ninja: $(meson_files)
	meson setup $(if $(wildcard $(BUILD)/build.ninja),--reconfigure) $(BUILD)
	@touch $@

# Install what a fresh Debian 12 lacks; needs root only if something does.
setup:
	tools/setup.sh

# The main job: unmodified programs in an enclave.
demo: setup all
	tools/run-script.sh demos/run.sh

# On a machine with SGX: try all of it there, and write a report.
replay: setup all
	BUILD=$(BUILD) tools/run-script.sh tools/replay.sh

# All short tests, both compilers, the sanitizers and the lint.
check: setup
	tools/check.sh

# Soaks, sweeps and servers; hours.
check-long: setup all
	tools/run-script.sh tests/long.sh

lint: setup all
	tools/lint.sh

# Lay out C sources as .clang-format says: all, or FILES="a.c b.h".
FILES ?= $(wildcard $(shell git ls-files '*.c' '*.h'))
format:
	clang-format -i --style=file $(FILES)

# Figures side by side with native Linux.
bench: setup all
	tools/run-script.sh bench/run.sh

install: all
	meson configure $(BUILD) -Dprefix=$(PREFIX)
	DESTDIR=$(DESTDIR) meson install -C $(BUILD)

deb: setup
	tools/deb.sh

clean:
	rm -rf $(BUILD) build-clang build-san build-fuzz build-deb dist
