# From a folder of DICOM to a worklist and a page for every study: one rule for each stage.
# Studies travel in shards; every stage keeps the results of studies whose input did not change.
#
#   snakemake --cores 2 --config input=DIR output=DIR [settings=FILE]
#   snakemake until --cores 2 --config input=DIR output=DIR until=STAGE
from pipeline.workflow import Workflow

RUN = Workflow.from_config(config)
OUT = RUN.files
RUN.keep_log(workflow.logger_manager)


workdir: RUN.private


container: "docker-daemon:nvc-triage:latest"  # of the Dockerfile; used on request only


shell.prefix(RUN.shell_prefix)


onstart:
    RUN.hold()


checkpoint intake:
    output:
        OUT.intake,
    log:
        OUT.log("intake"),
    benchmark:
        OUT.benchmark("intake")
    threads: 16  # at most: Snakemake takes no more than the cores that it was given
    resources:
        mem_mb=1000,
    params:
        source=RUN.source,
        options=RUN.options,
        key=RUN.key("intake"),
        files=lambda wildcards: RUN.fingerprint(),
    shell:
        "nvc intake {params.source} {params.options} --cores {threads} --log {log}"


for stage in RUN.stages:  # convert, prepare, segment, measure, assess, report, export

    rule:
        name:
            stage.name
        input:
            shard=OUT.shard("{shard}"),
            before=stage.before,
        output:
            stamp=OUT.stamp(stage.name, "{shard}"),
        log:
            OUT.log(f"{stage.name}-{{shard}}"),
        benchmark:
            OUT.benchmark(f"{stage.name}-{{shard}}")
        threads: stage.threads
        resources:
            mem_mb=stage.memory_mb,
            gpu=stage.gpu,
        params:
            stage=stage.name,
            options=RUN.options,
            key=RUN.key(stage.name),
        shell:
            "nvc {params.stage} {params.options} --shard {input.shard}"
            " --stamp {output.stamp} --log {log}"


rule until:  # without the worklist: all studies up to the stage that the config names
    input:
        lambda wildcards: checkpoints.intake.get()
        and RUN.stamps_until(config.get("until", "")),


rule worklist:
    default_target: True
    input:
        OUT.intake,
        lambda wildcards: checkpoints.intake.get() and RUN.stamps("export"),
    output:
        OUT.worklist_json,
        OUT.worklist_csv,
        OUT.worklist_html,
        OUT.run,
    log:
        OUT.log("worklist"),
    benchmark:
        OUT.benchmark("worklist")
    threads: 1
    resources:
        mem_mb=1000,
    params:
        options=RUN.options,
        key=RUN.key("worklist"),
    shell:
        "nvc worklist {params.options} --log {log}"
