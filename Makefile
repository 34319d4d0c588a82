# Every word a person types. The work is done by meson, by devcluster/, demo/, image/ and test/run.py.

PREFIX ?= /usr/local
JOBS ?= $(shell nproc)
BUILD = build
SECONDS ?= 60
HOURS ?= 1

# For `make demo` and `make demo-down`: your own cluster instead of one made here (see demo/README.md).
DEMO_OPTIONS = $(if $(filter command line,$(origin KUBECONFIG)),--kubeconfig '$(KUBECONFIG)') \
	$(if $(CONTEXT),--context '$(CONTEXT)') $(if $(REGISTRY),--registry '$(REGISTRY)') \
	$(if $(IMAGE),--image '$(IMAGE)') $(if $(INSECURE),--insecure)

all: $(BUILD)/release/build.ninja
	ninja -j $(JOBS) -C $(BUILD)/release

$(BUILD)/release/build.ninja:
	packages/install build
	meson setup --buildtype=release --prefix='$(PREFIX)' -Dtests=false $(BUILD)/release

$(BUILD)/check/build.ninja:
	packages/install build test
	meson setup --buildtype=debug $(BUILD)/check

check: $(BUILD)/check/build.ninja
	@ninja -j $(JOBS) -C $(BUILD)/check
	@meson test -C $(BUILD)/check --no-rebuild --print-errorlogs --num-processes 4

test:
	@packages/install build test image devcluster
	@test/run.py

fuzz:
	@packages/install build test
	@test/fuzz/run.py --seconds $(SECONDS) --jobs $(JOBS) $(TARGET)

torture:
	@packages/install build test
	@test/torture/run.py $(if $(MOST),--most $(MOST)) $(if $(filter command line,$(origin SECONDS)),--seconds $(SECONDS)) $(TORTURE)

bench: all
	@packages/install build test devcluster bench
	@test/bench/bench.py $(BENCH)

bench-quick: all
	@packages/install build test devcluster bench
	@test/bench/bench.py --quick $(BENCH)

model:
	@packages/install build test
	@test/model/run.py

model-bugs:
	@packages/install build test
	@test/model/run.py --bugs

soak:
	@packages/install build test devcluster
	@test/faults/soak.py --hours $(HOURS)

schema-walk: $(BUILD)/check/build.ninja
	@packages/install build test devcluster
	@ninja -j $(JOBS) -C $(BUILD)/check controller/sluice
	@test/cluster/schema_walk.py

sweep: $(BUILD)/check/build.ninja
	@packages/install build test devcluster
	@ninja -j $(JOBS) -C $(BUILD)/check controller/sluice
	@test/faults/sweep.py $(CASE)

faults: $(BUILD)/check/build.ninja
	@packages/install build test devcluster
	@ninja -j $(JOBS) -C $(BUILD)/check controller/sluice
	@test/faults/run.py $(FAULTS)

install: all
	meson install -C $(BUILD)/release --no-rebuild

image:
	@packages/install image
	@image/build $(if $(REGISTRY),--push '$(REGISTRY)/sluice') $(if $(INSECURE),--insecure)

demo:
	@demo/demo up $(DEMO_OPTIONS)

demo-down:
	@demo/demo down $(DEMO_OPTIONS)

clean:
	rm -rf $(BUILD)

help:
	@echo 'make                 the operator, in $(BUILD)/release (installs the packages to build it, when root)'
	@echo 'make install         ... into PREFIX ($(PREFIX)), below DESTDIR if set'
	@echo 'make check           the tests that need no cluster'
	@echo 'make test            every test; as root: it starts clusters of its own'
	@echo 'make fuzz            every fuzz target for SECONDS (60) seconds; TARGET=NAME: that one'
	@echo 'make torture         each request for memory of each unit test fails once; TORTURE=--for-good: and all after it; MOST=N: N of a test, SECONDS=N: so long,'
	@echo '                     TORTURE=--go-on: from where it stopped; result in $(BUILD)/torture.json'
	@echo 'make model           walks through all that can happen to the decision in small worlds; result in $(BUILD)/model.json'
	@echo 'make model-bugs      the same, and looks whether mistakes in the decision are found; takes some minutes'
	@echo 'make soak            HOURS (1) of churn and random faults, on a cluster of its own; fails when an hour or more was too short to know whether it grows;'
	@echo '                     result in $(BUILD)/soak.json; as root'
	@echo 'make bench           Sluice beside an operator on controller-runtime, kube-rs and curl: $(BUILD)/bench.json and docs/benchmarks.md;'
	@echo '                     as root, with Go and cargo; takes two hours on a machine with nothing else to do; a part of it goes into $(BUILD)/side-by-side'
	@echo 'make bench-quick     a few minutes of it, into $(BUILD)/side-by-side; BENCH=OPTIONS for either: see test/bench/bench.py --help'
	@echo 'make schema-walk     every field with every sort of value, on a real apiserver; as root'
	@echo 'make sweep           kills the operator at every write and Event of every scenario, on a real apiserver; goes on where it stopped;'
	@echo '                     CASE="--for SECONDS": a piece of it; CASE=ID: one scenario, one trial again; as root'
	@echo 'make faults          every fault of docs/faults.md but the torture, a minute of the soak, a part of the sweep; counts in $(BUILD)/faults.json, where those of'
	@echo '                     torture, soak and sweep stay; FAULTS=watches, FAULTS=operator_limits: that file alone; as root'
	@echo 'make image           the container image, into $(BUILD)/image; REGISTRY=HOST/PATH pushes it there'
	@echo 'make demo            a cluster on this machine, five channels, the whole story; as root'
	@echo 'make demo KUBECONFIG=FILE REGISTRY=HOST/PATH    the same in your own cluster'
	@echo 'make demo-down       leaves nothing of it behind (KUBECONFIG=... again for your own cluster)'
	@echo 'make clean           removes $(BUILD)'

.PHONY: all check test fuzz torture bench bench-quick model model-bugs soak schema-walk sweep faults install image demo demo-down clean help
