# nvc-triage: everything from a fresh clone, in a virtual environment of its own.
#   make install only the environment
#   make demo    assess the samples into out/ and show the worklist
#   make test    the tests            make check   format, types, layers, workflow
#   make bench   time and memory by stage, over a batch of ten studies; how quickly the pages open
#   make bench-gpu  the same studies through OpenVINO, torch and CUDA: one answer from all
#   make pages   the pages of out/ in a real browser        make screenshots   pictures of them
#   make viewer  the segmentation in OHIF, out of Orthanc (needs npm, Chromium, Orthanc, dcmtk)
#   make evaluation  the evaluation tables of the model cards anew, from generated studies to the
#                lock: hours on two cores; goes on where it stopped (CORES=N for more)
#   make hospital  20 studies out of Orthanc, run, and sent back by a sender that is killed five
#                times (needs Orthanc, dcmtk; the networks take most of the time; record in build/hospital)
# PYTHON=/path/to/python3.12 chooses the Python (3.11 or later). PIP_ARGS is added to pip install,
# as in PIP_ARGS="--no-index --find-links wheels" without a network.

PYTHON ?= python3
CORES ?= 2
PIP_ARGS ?=
OHIF := 3.12.0
VENV := .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: install demo test check bench bench-gpu pages screenshots viewer hospital evaluation clean
.DELETE_ON_ERROR:

install: $(VENV)/demo.stamp

demo: $(VENV)/demo.stamp
	nvc run sample_dicoms out --cores $(CORES)

test: $(VENV)/test.stamp
	OMP_NUM_THREADS=1 pytest -n $(CORES) --dist worksteal

check: $(VENV)/check.stamp
	ruff format --check .
	ruff check .
	mypy
	lint-imports
	snakefmt --check Snakefile
	snakemake --lint --config output=build/lint

bench: $(VENV)/demo.stamp
	python -m pipeline.bench --cores $(CORES)
	$(if $(wildcard out/worklist.json),python -m tests.pages.bench_pages out)

bench-gpu: $(VENV)/demo.stamp
	python -m pipeline.bench --cores $(CORES) --keep build/bench
	python -m pipeline.bench_devices build/bench/out --table docs/reference/devices.json

pages: $(VENV)/test.stamp demo
	NVC_OUTPUT=out OMP_NUM_THREADS=1 pytest tests/pages

screenshots: $(VENV)/test.stamp demo
	python -m tests.pages.screenshots out build/screenshots

# A DICOMweb viewer of other people's making: some 50 MB, fetched once, not part of make test.
viewer: $(VENV)/test.stamp build/ohif/package/dist/index.html
	NVC_OHIF=build/ohif/package/dist OMP_NUM_THREADS=1 pytest tests/node/test_viewer.py

hospital: $(VENV)/test.stamp
	rm -rf build/hospital
	python -m tests.node.hospital_run build/hospital --cores $(CORES)

# Calibration on both generators, test studies of each; nothing is made again that is there.
EVALUATED := build/evaluation
STUDIES := $(addprefix $(EVALUATED)/data/,calibration/2 calibration/1 test-2 test-1)
CARD_FIGURES := models/assessment/evaluation.json
FIGURES_1 := docs/reference/evaluation-generator-1.json
evaluation: $(VENV)/demo.stamp
	$(MAKE) -j $(CORES) $(STUDIES:=.made)
	nvc run $(EVALUATED)/data/calibration $(EVALUATED)/calibration --cores $(CORES) --until measure
	nvc measure-generated $(EVALUATED)/data/calibration/direct $(EVALUATED)/calibration \
	    --first 60 --count 327 --cores $(CORES)
	nvc calibrate $(EVALUATED)/data/calibration $(EVALUATED)/calibration \
	    models/assessment/calibration.json
	python -m pipeline.train.release --lock
	for set in test-2 test-1; do \
	    nvc run $(EVALUATED)/data/$$set $(EVALUATED)/$$set --cores $(CORES) --until assess || exit; \
	done
	nvc evaluate $(EVALUATED)/test-2 $(CARD_FIGURES) --data $(EVALUATED)/data/test-2 --publish
	nvc evaluate $(EVALUATED)/test-1 $(FIGURES_1) --data $(EVALUATED)/data/test-1
	nvc evaluate-refusals $(EVALUATED)/data/test-2 $(EVALUATED)/test-2 \
	    docs/reference/refusals.json
	nvc evaluate-reliability $(EVALUATED)/data/calibration $(EVALUATED)/calibration \
	    docs/reference/reliability.json $(foreach set,test-2 test-1,\
	    --reserved $(EVALUATED)/data/$(set) --results $(EVALUATED)/$(set))

$(EVALUATED)/data/calibration/2.made:
	nvc phantom calibration $(basename $@) --count 60 --cores 1 \
	    --manifest tests/manifests/calibration_v2.json
	@touch $@

$(EVALUATED)/data/test-2.made:
	nvc phantom test $(basename $@) --count 100 --cores 1 --manifest tests/manifests/test_v2.json
	@touch $@

$(EVALUATED)/data/%.made: build/generator-1
	cd $< && PYTHONPATH=. python -m pipeline.cli phantom $(if $(findstring test,$*),test \
	    --manifest tests/manifests/test.json,calibration) $(abspath $(basename $@)) --count 40
	@touch $@

# Generator 1 is this repository's own past.
build/generator-1:
	git worktree add --detach $@ 6a8d063^

build/ohif/package/dist/index.html:
	mkdir -p build/ohif
	cd build/ohif && npm pack --silent @ohif/app@$(OHIF) && tar xzf ohif-app-$(OHIF).tgz
	@touch $@

clean:
	rm -rf out build

# Installed again only when what is to be installed has changed.
$(VENV)/demo.stamp: EXTRAS :=
$(VENV)/test.stamp: EXTRAS := [test]
$(VENV)/check.stamp: EXTRAS := [test,check]
$(VENV)/%.stamp: pyproject.toml constraints.txt | $(BIN)/python
	@echo "installing nvc-triage$(EXTRAS) into $(VENV): a few minutes the first time"
	$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on \
	    $(PIP_ARGS) -c constraints.txt -e '.$(EXTRAS)'
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "Python 3.11 or later is needed; name one with: make PYTHON=/path/to/python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)
