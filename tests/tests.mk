# What tests/run runs and make must make first: cmocka programs, test drivers, the drivers of the golden runs.

TEST_BUILD := $(BUILD)/tests

MACHINE_TESTS := $(patsubst tests/machine/%.c,$(TEST_BUILD)/machine/%,$(wildcard tests/machine/*.c))
KERNEL_TEST_STEMS := $(patsubst tests/kernel/%.c,$(TEST_BUILD)/kernel/%,$(wildcard tests/kernel/*/*.c tests/kernel/*/*/*.c))
KERNEL_TESTS := $(KERNEL_TEST_STEMS:=.debug.sys) $(KERNEL_TEST_STEMS:=.release.sys)
SDK_TEST_STEMS := $(patsubst tests/sdk/%.c,$(TEST_BUILD)/sdk/%,$(wildcard tests/sdk/*/*.c))
SDK_TESTS := $(SDK_TEST_STEMS:=.debug.sys) $(SDK_TEST_STEMS:=.release.sys)
CRAFTED_IMAGE_OBJECTS := $(patsubst %,$(TEST_BUILD)/fuzz/image-%.o,builder cases makers)
GOLDEN_TESTS := $(patsubst tests/golden/%.c,$(TEST_BUILD)/golden/%.sys,$(wildcard tests/golden/*.c))

# The folders of examples/ that have a driver.
EXAMPLE_DRIVERS := $(foreach folder,$(wildcard examples/*),$(if $(wildcard $(folder)/$(notdir $(folder)).c),\
    $(TEST_BUILD)/examples/$(notdir $(folder)).sys))

BUG_STEMS := $(patsubst tests/bugs/%.c,$(TEST_BUILD)/bugs/%,$(wildcard tests/bugs/*.c))
BUG_TESTS := $(BUG_STEMS:=.sys) $(BUG_STEMS:=.mended.sys)

# What the cmocka programs load.
MACHINE_DRIVERS := $(patsubst tests/machine/drivers/%.c,$(TEST_BUILD)/machine/drivers/%.sys,\
    $(wildcard tests/machine/drivers/*.c))

MACHINE_PROGRAMS := $(TEST_BUILD)/machine/programs/wow64.exe $(TEST_BUILD)/machine/programs/wow64.dll

# A folder each: a driver, and the cmocka program that is its client.
SAMPLES := $(patsubst tests/drivers/%/client.c,%,$(wildcard tests/drivers/*/client.c))
SAMPLE_DRIVERS := $(SAMPLES:%=$(TEST_BUILD)/drivers/%.sys)
SAMPLE_CLIENTS := $(SAMPLES:%=$(TEST_BUILD)/drivers/%.client)

.PHONY: tests-built
tests-built: $(SAMPLE_DRIVERS) $(SAMPLE_CLIENTS) $(MACHINE_DRIVERS) $(MACHINE_PROGRAMS) $(MACHINE_TESTS) $(KERNEL_TESTS) $(SDK_TESTS) $(GOLDEN_TESTS) $(BUG_TESTS) $(EXAMPLE_DRIVERS) $(TEST_BUILD)/golden/patch-image \
    $(TEST_BUILD)/make-bad-images $(BUILD)/fuzz/image $(BUILD)/fuzz/make-image-corpus $(BUILD)/fuzz/registry \
    $(BUILD)/fuzz/script $(BUILD)/fuzz/log $(BUILD)/fuzz/event $(BUILD)/fuzz/hive $(BUILD)/fuzz/make-hive-corpus

# ---- cmocka programs ------------------------------------------------------------------------------------------------

# Further objects and linker flags of one program.
$(TEST_BUILD)/machine/image: TEST_OBJECTS := $(CRAFTED_IMAGE_OBJECTS)
$(TEST_BUILD)/machine/image: $(CRAFTED_IMAGE_OBJECTS)
$(TEST_BUILD)/machine/no-memory: TEST_LINK := \
    $(foreach name,malloc calloc realloc free strdup vasprintf mmap munmap mprotect pthread_create pthread_join,\
    -Wl,--wrap=$(name))

# A table of cases leaves out what a case does not need.
$(TEST_BUILD)/%.o: tests/%.c Makefile tests/tests.mk
	@mkdir -p $(@D)
	$(CLANG) $(HOST_FLAGS) -Wno-missing-field-initializers -c $< -o $@

$(TEST_BUILD)/machine/%: $(TEST_BUILD)/machine/%.o $(BUILD)/lib/libkmode.a
	$(CLANG) -o $@ $< $(TEST_OBJECTS) $(TEST_LINK) $(BUILD)/lib/libkmode.a -lcmocka -lZydis -ljansson

$(TEST_BUILD)/drivers/%.client: $(TEST_BUILD)/drivers/%/client.o $(TEST_BUILD)/drivers/client.o $(BUILD)/lib/libkmode.a
	$(CLANG) -o $@ $^ -lcmocka -lZydis -ljansson

.PRECIOUS: $(TEST_BUILD)/%.o

# ---- crafted images and the fuzzer of the loader --------------------------------------------------------------------

$(TEST_BUILD)/make-bad-images: $(TEST_BUILD)/bad-images/make-bad-images.o $(CRAFTED_IMAGE_OBJECTS)
	$(CLANG) -o $@ $^

$(BUILD)/fuzz/make-image-corpus: $(TEST_BUILD)/fuzz/make-image-corpus.o $(CRAFTED_IMAGE_OBJECTS)
	@mkdir -p $(@D)
	$(CLANG) -o $@ $^

FUZZED_SOURCES := tests/fuzz/image.c $(wildcard machine/image*.c)

$(BUILD)/fuzz/image: $(FUZZED_SOURCES) $(wildcard machine/*.h) Makefile
	@mkdir -p $(@D)
	$(CLANG) $(filter-out -MMD -MP,$(HOST_FLAGS)) -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=undefined -o $@ $(FUZZED_SOURCES)

FUZZED_REGISTRY_SOURCES := tests/fuzz/registry.c $(wildcard machine/registry-file*.c) machine/unicode.c

$(BUILD)/fuzz/registry: $(FUZZED_REGISTRY_SOURCES) machine/registry-file.h machine/unicode.h Makefile
	@mkdir -p $(@D)
	$(CLANG) $(filter-out -MMD -MP,$(HOST_FLAGS)) -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=undefined -o $@ $(FUZZED_REGISTRY_SOURCES)

FUZZED_SCRIPT_SOURCES := tests/fuzz/script.c $(addprefix cli/script-,name.c operand.c parse.c read.c word.c) \
    $(addprefix cli/,number.c text.c speak.c) machine/status-names.c machine/unicode.c

$(BUILD)/fuzz/script: $(FUZZED_SCRIPT_SOURCES) $(wildcard cli/*.h) $(BUILD)/generated/status-names.inc machine/unicode.h Makefile
	@mkdir -p $(@D)
	$(CLANG) $(filter-out -MMD -MP,$(HOST_FLAGS)) -Icli -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=undefined -o $@ $(FUZZED_SCRIPT_SOURCES)

FUZZED_LOG_SOURCES := tests/fuzz/log.c $(wildcard cli/log-*.c) $(addprefix cli/,json-text.c number.c speak.c text.c) \
    machine/unicode.c sdk/log/format-record.c

$(BUILD)/fuzz/log: $(FUZZED_LOG_SOURCES) $(wildcard cli/*.h sdk/log/*.h) machine/unicode.h Makefile
	@mkdir -p $(@D)
	$(CLANG) $(filter-out -MMD -MP,$(HOST_FLAGS)) -Icli -Isdk -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=undefined -o $@ $(FUZZED_LOG_SOURCES) -ljansson

FUZZED_EVENT_SOURCES := tests/fuzz/event.c $(wildcard cli/trace-*.c) $(addprefix cli/,event-describe.c event-json.c event-provider.c \
    event-text.c json-text.c number.c speak.c text.c) machine/status-names.c machine/unicode.c sdk/log/format-record.c

$(BUILD)/fuzz/event: $(FUZZED_EVENT_SOURCES) $(wildcard cli/*.h) $(BUILD)/generated/status-names.inc machine/unicode.h Makefile
	@mkdir -p $(@D)
	$(CLANG) $(filter-out -MMD -MP,$(HOST_FLAGS)) -Icli -Isdk -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=undefined -o $@ $(FUZZED_EVENT_SOURCES) -ljansson -lmd

# The kernel's, which know nothing of it.
HIVE_SOURCES := kernel/cm/hive-read.c kernel/cm/hive-write.c
HIVE_HEADERS := $(wildcard kernel/cm/hive-*.h)

$(BUILD)/fuzz/hive: tests/fuzz/hive.c $(HIVE_SOURCES) $(HIVE_HEADERS) Makefile
	@mkdir -p $(@D)
	$(CLANG) $(filter-out -MMD -MP,$(HOST_FLAGS)) -Ikernel -fsanitize=fuzzer,address,undefined \
	    -fno-sanitize-recover=undefined -o $@ tests/fuzz/hive.c $(HIVE_SOURCES)

$(BUILD)/fuzz/make-hive-corpus: tests/fuzz/make-hive-corpus.c $(HIVE_SOURCES) $(HIVE_HEADERS) Makefile
	@mkdir -p $(@D)
	$(CLANG) $(filter-out -MMD -MP,$(HOST_FLAGS)) -Ikernel -o $@ tests/fuzz/make-hive-corpus.c $(HIVE_SOURCES)

# ---- drivers --------------------------------------------------------------------------------------------------------

# A first line "// kmode build: ARGUMENTS" gives one driver its own; NAME.S beside NAME.c goes into the same driver.
BUILD_TEST_DRIVER = @mkdir -p $(@D) && $(KMODE) build --quiet --jobs 1 -I tests/kernel -o $@ \
    $$(sed -n 's|^// kmode build: ||p' $<) $(filter %.c %.S,$^)

.SECONDEXPANSION:

$(TEST_BUILD)/kernel/%.debug.sys: tests/kernel/%.c $$(wildcard tests/kernel/%.S) tests/kernel/test.h \
    $(KMODE) $(BUILD)/staged
	$(BUILD_TEST_DRIVER) --config debug

$(TEST_BUILD)/kernel/%.release.sys: tests/kernel/%.c $$(wildcard tests/kernel/%.S) tests/kernel/test.h \
    $(KMODE) $(BUILD)/staged
	$(BUILD_TEST_DRIVER) --config release

$(TEST_BUILD)/sdk/%.debug.sys: tests/sdk/%.c tests/kernel/test.h $(wildcard tests/sdk/*.h tests/sdk/*/*.h) $(KMODE) $(BUILD)/staged
	$(BUILD_TEST_DRIVER) -Wall -Wextra -Werror --config debug

$(TEST_BUILD)/sdk/%.release.sys: tests/sdk/%.c tests/kernel/test.h $(wildcard tests/sdk/*.h tests/sdk/*/*.h) $(KMODE) $(BUILD)/staged
	$(BUILD_TEST_DRIVER) -Wall -Wextra -Werror --config release

$(TEST_BUILD)/golden/%.sys: tests/golden/%.c $(KMODE) $(BUILD)/staged
	$(BUILD_TEST_DRIVER)

# What simulated processes of 32 bits run.
$(TEST_BUILD)/machine/programs/%.obj: tests/machine/programs/%.c tests/tests.mk
	@mkdir -p $(@D)
	$(CLANG) --target=i686-pc-windows-msvc -O1 -ffreestanding -Wall -Wextra -Werror -c $< -o $@

LINK_X86 := $(LLD_LINK) /nologo /machine:x86 /subsystem:console /entry:Start /nodefaultlib /dynamicbase

$(TEST_BUILD)/machine/programs/%.exe: $(TEST_BUILD)/machine/programs/%.obj
	$(LINK_X86) $< /out:$@

$(TEST_BUILD)/machine/programs/%.dll: $(TEST_BUILD)/machine/programs/%.obj
	$(LINK_X86) /dll /noimplib $< /out:$@

$(TEST_BUILD)/machine/drivers/%.sys: tests/machine/drivers/%.c $(KMODE) $(BUILD)/staged
	$(BUILD_TEST_DRIVER)

$(TEST_BUILD)/drivers/%.sys: $$(filter-out tests/drivers/$$*/client.c,$$(wildcard tests/drivers/$$*/*.c)) \
    $$(wildcard tests/drivers/$$*/*.h) $(KMODE) $(BUILD)/staged
	$(BUILD_TEST_DRIVER) -Wall -Wextra -Werror

# As users build them.
$(TEST_BUILD)/examples/%.sys: $$(wildcard examples/$$*/*.[chS]) $(KMODE) $(BUILD)/staged
	@mkdir -p $(@D) && $(KMODE) build --quiet --jobs 1 -Wall -Wextra -Werror -o $@ examples/$*

# A mistake and its mended twin are one file.
$(TEST_BUILD)/bugs/%.mended.sys: tests/bugs/%.c $(wildcard tests/bugs/*.h) $(KMODE) $(BUILD)/staged
	$(BUILD_TEST_DRIVER) -DMENDED

$(TEST_BUILD)/bugs/%.sys: tests/bugs/%.c $(wildcard tests/bugs/*.h) $(KMODE) $(BUILD)/staged
	$(BUILD_TEST_DRIVER)

$(TEST_BUILD)/golden/patch-image: tests/golden/patch-image/patch-image.c Makefile
	@mkdir -p $(@D)
	$(CLANG) $(HOST_FLAGS) -o $@ $<

-include $(MACHINE_TESTS:=.d) $(SAMPLES:%=$(TEST_BUILD)/drivers/%/client.d)
