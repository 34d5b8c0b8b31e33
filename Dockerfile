# The same make targets in a container:
#   docker build -t nvc-triage .
#   docker run --rm -v /path/to/dicom:/in:ro -v /path/to/out:/out nvc-triage run /in /out
FROM python:3.11-slim-bookworm
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git make libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /nvc-triage
COPY . .
RUN make install
ENV PATH=/nvc-triage/.venv/bin:$PATH
ENTRYPOINT ["nvc"]
CMD ["--help"]
