# kmode: the kernel image, the machine library, the kmode command, the SDK, and their tests.
#
#   make          build everything into build/
#   make run      set up this machine, build, run examples/hello
#   make test     set up, build, run all tests
#   make help     the other targets

BUILD ?= build
CLANG ?= clang-19
LLD_LINK ?= lld-link-19
LLVM_LIB ?= llvm-lib-19
LLVM_AR ?= llvm-ar-19
MINGW_INCLUDE ?= /usr/x86_64-w64-mingw32/include
UNICODE_DATA ?= /usr/share/unicode/UnicodeData.txt
PREFIX ?= /usr/local

KMODE := $(BUILD)/bin/kmode
LIBRARIES := $(BUILD)/lib/kmode
IMPORT_LIBRARIES := $(LIBRARIES)/lib/x64
CLANG_INCLUDE = $(shell $(CLANG) -print-resource-dir)/include

# ---- flags --------------------------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Werror
HOST_FLAGS := -std=gnu11 -O2 -g -D_GNU_SOURCE $(WARNINGS) -I. -I$(BUILD)/generated -MMD -MP
NT_TARGET := --target=x86_64-w64-mingw32
NT_FLAGS = $(NT_TARGET) -std=gnu11 -O2 -ffreestanding -fms-extensions -fms-compatibility -fgnuc-version=14.0 \
    -mno-red-zone -g -gcodeview -fasynchronous-unwind-tables -Xclang -fasync-exceptions -mno-stack-arg-probe \
    -D_WIN32_WINNT=0x0A00 -DNTDDI_VERSION=0x0A00000C -nostdinc -isystem nt/include -isystem $(CLANG_INCLUDE) \
    -isystem $(MINGW_INCLUDE)/ddk -isystem $(MINGW_INCLUDE) $(WARNINGS) -MD -MP \
    -Wno-duplicate-decl-specifier -ffile-prefix-map=$(CURDIR)=/kmode
KERNEL_FLAGS = $(NT_FLAGS) -D_NTOSKRNL_ -D_NTSYSTEM_ -D_EPROCESS=_KPROCESS -Ikernel -I. -I$(BUILD)/generated -Wno-builtin-requires-header -Wno-multichar \
    -Wno-inconsistent-dllimport
SDK_FLAGS = $(NT_FLAGS) -Isdk/include -Isdk -I$(BUILD)/generated -fno-auto-import -gno-codeview-command-line

# ---- sources ------------------------------------------------------------------------------------------------------

KERNEL_OBJECTS := $(patsubst %,$(BUILD)/obj/%.o,$(wildcard kernel/*/*.c kernel/*/*.S kernel/*/*/*.c kernel/*/*/*.S))
MACHINE_OBJECTS := $(patsubst %,$(BUILD)/obj/%.o,$(wildcard machine/*.c machine/*.S))
# What the SDK writes down of a record, the command reads by the same code.
CLI_OBJECTS := $(patsubst %,$(BUILD)/obj/%.o,$(wildcard cli/*.c)) $(BUILD)/obj/cli/sdk/format-record.o
SDK_OBJECTS := $(patsubst %,$(BUILD)/obj/%.o,$(wildcard sdk/*/*.c sdk/*/*.S))
EXPORT_LISTS := $(wildcard nt/exports/*.txt)
KERNEL_TEST_SOURCES := $(wildcard tests/kernel/*/*.[ch] tests/kernel/*/*/*.[ch] tests/golden/*.c tests/machine/drivers/*.c \
    tests/drivers/*/*.c)

.PHONY: all run test fmt lint bench soak docs clean setup help install generated
all: $(KMODE) $(LIBRARIES)/ntoskrnl.exe $(BUILD)/staged $(BUILD)/share/kmode/tested.tsv

help:
	@echo 'make            build everything into $(BUILD)/'
	@echo 'make run        set up, build, run examples/hello'
	@echo 'make test       set up, build, run all tests (TESTS="tests/cli/run.t ..." for some)'
	@echo 'make fmt        format the sources'
	@echo 'make lint       clang-format, clang-tidy and our own rules, as errors'
	@echo 'make bench      measure, beside peers'
	@echo 'make docs       write docs/sdk.md from the headers of the SDK'
	@echo 'make soak       all tests with ten minutes of fuzzing and 100 seeds of stress'
	@echo 'make install    into PREFIX=$(PREFIX)'
	@echo 'make clean      remove $(BUILD)/'

setup:
	@scripts/setup

# The tools that make calls by name must be there before it reads the rest, so setup comes first.
run: setup
	@$(MAKE) --no-print-directory -s -j2 all
	@mkdir -p $(BUILD)/examples
	@$(KMODE) build examples/hello -o $(BUILD)/examples/hello.sys --quiet
	@$(KMODE) run $(BUILD)/examples/hello.sys

test: setup
	@$(MAKE) --no-print-directory -s -j2 all tests-built
	@tests/run $(TESTS)

bench: setup
	@$(MAKE) --no-print-directory -s -j2 all
	@bench/run

soak: setup
	@$(MAKE) --no-print-directory -s -j2 all tests-built
	@SOAK=1 FUZZ_SECONDS=$${FUZZ_SECONDS:-600} tests/run $(TESTS)

fmt: setup
	@scripts/format

docs:
	@scripts/make-sdk-reference > $(BUILD)/sdk.md && mv $(BUILD)/sdk.md docs/sdk.md

lint: setup
	@$(MAKE) --no-print-directory -s generated
	@scripts/lint

clean:
	rm -rf $(BUILD)

# ---- the kernel ---------------------------------------------------------------------------------------------------

$(BUILD)/obj/kernel/%.c.o: kernel/%.c Makefile
	@mkdir -p $(@D)
	$(CLANG) $(KERNEL_FLAGS) -c $< -o $@

$(BUILD)/obj/kernel/%.S.o: kernel/%.S Makefile
	@mkdir -p $(@D)
	$(CLANG) $(NT_TARGET) -Ikernel -I. -MMD -MP -c $< -o $@

KERNEL_EXPORTS = nt/exports/ntoskrnl.txt nt/exports/hal.txt nt/exports/wmilib.txt
$(BUILD)/generated/ntoskrnl.def: $(KERNEL_EXPORTS) nt/make-kernel-def
	@mkdir -p $(@D)
	nt/make-kernel-def $(KERNEL_EXPORTS) > $@.new && mv $@.new $@

$(BUILD)/generated/border-table.inc: $(KERNEL_EXPORTS) nt/make-border-table $(wildcard nt/facts/*)
	@mkdir -p $(@D)
	nt/make-border-table nt/facts $(KERNEL_EXPORTS) > $@.new && mv $@.new $@

$(BUILD)/obj/kernel/verify/border.c.o: $(BUILD)/generated/border-table.inc

$(BUILD)/generated/resource-table.inc: nt/facts/resources.tsv nt/make-resource-table
	@mkdir -p $(@D)
	nt/make-resource-table nt/facts > $@.new && mv $@.new $@

$(BUILD)/obj/kernel/verify/resource.c.o: $(BUILD)/generated/resource-table.inc

$(BUILD)/generated/dos-errors.inc: nt/facts/dos-errors.tsv
	@mkdir -p $(@D)
	awk -F '\t' '!/^#/ { printf "{0x%s, %s}, // %s\n", $$1, $$2, $$3 }' $< > $@.new && mv $@.new $@

$(BUILD)/obj/kernel/rtl/dos-error.c.o: $(BUILD)/generated/dos-errors.inc

$(BUILD)/generated/case-tables.inc: scripts/make-case-tables
	@mkdir -p $(@D)
	scripts/make-case-tables $(UNICODE_DATA) > $@.new && mv $@.new $@

$(BUILD)/obj/kernel/rtl/upcase-table.c.o: $(BUILD)/generated/case-tables.inc

$(BUILD)/generated/upcase-table.inc: scripts/make-case-tables
	@mkdir -p $(@D)
	scripts/make-case-tables $(UNICODE_DATA) Kmp Upcase > $@.new && mv $@.new $@

$(BUILD)/obj/sdk/containers/upcase.c.o: $(BUILD)/generated/upcase-table.inc

$(LIBRARIES)/ntoskrnl.exe: $(KERNEL_OBJECTS) $(BUILD)/generated/ntoskrnl.def
	@mkdir -p $(@D)
	$(LLD_LINK) /nologo /driver /subsystem:native /entry:KiSystemStartup /nodefaultlib /debug /release /dynamicbase \
	    /nxcompat /highentropyva /opt:noref /Brepro /pdbaltpath:%_PDB% /pdbsourcepath:/kmode /def:$(BUILD)/generated/ntoskrnl.def \
	    /implib:$(BUILD)/generated/ntoskrnl.lib /pdb:$(LIBRARIES)/ntoskrnl.pdb /out:$@ $(KERNEL_OBJECTS)

# What sources include and nobody writes by hand.
generated: $(BUILD)/generated/border-table.inc $(BUILD)/generated/resource-table.inc $(BUILD)/generated/case-tables.inc $(BUILD)/generated/upcase-table.inc $(BUILD)/generated/status-names.inc \
    $(BUILD)/generated/trace-table.inc $(BUILD)/generated/msr-table.inc $(BUILD)/generated/dos-errors.inc

# ---- the machine and the command ----------------------------------------------------------------------------------

$(BUILD)/generated/status-names.inc: scripts/make-status-names
	@mkdir -p $(@D)
	scripts/make-status-names $(MINGW_INCLUDE)/ntstatus.h > $@.new && mv $@.new $@

$(BUILD)/obj/machine/status-names.c.o: $(BUILD)/generated/status-names.inc

$(BUILD)/generated/trace-table.inc: $(KERNEL_EXPORTS) nt/make-trace-table $(wildcard nt/facts/*)
	@mkdir -p $(@D)
	nt/make-trace-table nt/facts $(KERNEL_EXPORTS) > $@.new && mv $@.new $@

$(BUILD)/obj/machine/trace-value.c.o: $(BUILD)/generated/trace-table.inc

$(BUILD)/generated/msr-table.inc: machine/msrs.txt scripts/make-msr-table
	@mkdir -p $(@D)
	scripts/make-msr-table $< > $@.new && mv $@.new $@

$(BUILD)/obj/machine/msr.c.o: $(BUILD)/generated/msr-table.inc

$(BUILD)/obj/machine/%.o: machine/% Makefile
	@mkdir -p $(@D)
	$(CLANG) $(HOST_FLAGS) -c $< -o $@

$(BUILD)/obj/cli/%.o: cli/% Makefile
	@mkdir -p $(@D)
	$(CLANG) $(HOST_FLAGS) -Icli -c $< -o $@

$(BUILD)/obj/cli/sdk/%.o: sdk/log/%.c Makefile
	@mkdir -p $(@D)
	$(CLANG) $(HOST_FLAGS) -Isdk -c $< -o $@

$(BUILD)/lib/libkmode.a: $(MACHINE_OBJECTS)
	@mkdir -p $(@D)
	rm -f $@ && $(LLVM_AR) rcs $@ $(MACHINE_OBJECTS)

$(KMODE): $(CLI_OBJECTS) $(BUILD)/lib/libkmode.a
	@mkdir -p $(@D)
	$(CLANG) -o $@ $(CLI_OBJECTS) $(BUILD)/lib/libkmode.a -lZydis -ljansson -lmd

# ---- the driver side ----------------------------------------------------------------------------------------------

$(BUILD)/obj/sdk/%.c.o: sdk/%.c Makefile
	@mkdir -p $(@D)
	$(CLANG) $(SDK_FLAGS) -c $< -o $@

$(BUILD)/obj/sdk/%.S.o: sdk/%.S Makefile
	@mkdir -p $(@D)
	$(CLANG) $(NT_TARGET) -Isdk -MMD -MP -c $< -o $@

$(IMPORT_LIBRARIES)/kmode.lib: $(SDK_OBJECTS)
	@mkdir -p $(@D)
	rm -f $@ && $(LLVM_LIB) /nologo /out:$@ $(SDK_OBJECTS)

$(BUILD)/imports-made: $(EXPORT_LISTS) nt/make-import-library
	nt/make-import-library $(EXPORT_LISTS) $(IMPORT_LIBRARIES)
	rm -f $(IMPORT_LIBRARIES)/*.def
	@touch $@

NT_HEADERS := $(shell find nt/include -type f)
SDK_HEADERS := $(shell find sdk/include -type f)
TEMPLATES := $(shell find templates -type f)

# What an installed kmode consists of beside the programs: one folder tree, found relative to bin/kmode.
$(BUILD)/generated/tested.tsv: $(KERNEL_EXPORTS) nt/make-tested nt/facts/inline.txt $(KERNEL_TEST_SOURCES)
	@mkdir -p $(@D)
	nt/make-tested nt/facts/inline.txt $(KERNEL_TEST_SOURCES) -- $(KERNEL_EXPORTS) > $@.new && mv $@.new $@

$(BUILD)/share/kmode/tested.tsv: $(BUILD)/generated/tested.tsv $(BUILD)/staged
	cp $< $@

$(BUILD)/staged: $(IMPORT_LIBRARIES)/kmode.lib $(BUILD)/imports-made $(NT_HEADERS) $(SDK_HEADERS) $(TEMPLATES) \
    $(EXPORT_LISTS) $(wildcard cmake/*) $(wildcard nt/make-*) nt/exports/link-order machine/include/kmode/machine.h
	rm -rf $(BUILD)/include/kmode $(BUILD)/share/kmode
	mkdir -p $(BUILD)/include/kmode $(BUILD)/share/kmode/exports $(BUILD)/lib/cmake/kmode
	cp -r nt/include $(BUILD)/include/kmode/nt
	cp -r sdk/include $(BUILD)/include/kmode/sdk
	cp machine/include/kmode/machine.h $(BUILD)/include/kmode/
	cp -r templates $(BUILD)/share/kmode/templates
	cp $(EXPORT_LISTS) nt/exports/link-order $(BUILD)/share/kmode/exports/
	cp cmake/*.cmake $(BUILD)/lib/cmake/kmode/
	nt/make-vfs-overlay $(LIBRARIES)/vfs-overlay.yaml $(abspath $(BUILD))/include/kmode/nt \
	    $(abspath $(BUILD))/include/kmode/sdk $(MINGW_INCLUDE)/ddk $(MINGW_INCLUDE)
	@touch $@

install: all
	mkdir -p $(PREFIX)/bin $(PREFIX)/lib/cmake $(PREFIX)/include $(PREFIX)/share
	cp $(KMODE) $(PREFIX)/bin/
	cp $(BUILD)/lib/libkmode.a $(PREFIX)/lib/
	rm -rf $(PREFIX)/lib/kmode $(PREFIX)/lib/cmake/kmode $(PREFIX)/include/kmode $(PREFIX)/share/kmode
	cp -r $(BUILD)/lib/kmode $(PREFIX)/lib/
	cp -r $(BUILD)/lib/cmake/kmode $(PREFIX)/lib/cmake/
	cp -r $(BUILD)/include/kmode $(PREFIX)/include/
	cp -r $(BUILD)/share/kmode $(PREFIX)/share/
	nt/make-vfs-overlay $(PREFIX)/lib/kmode/vfs-overlay.yaml $(abspath $(PREFIX))/include/kmode/nt \
	    $(abspath $(PREFIX))/include/kmode/sdk $(MINGW_INCLUDE)/ddk $(MINGW_INCLUDE)

include tests/tests.mk

-include $(KERNEL_OBJECTS:.o=.d) $(MACHINE_OBJECTS:.o=.d) $(CLI_OBJECTS:.o=.d) $(SDK_OBJECTS:.o=.d)
