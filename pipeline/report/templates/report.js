"use strict";
// The reader's verdict becomes a file on the reader's own computer; nothing is sent anywhere.
(() => {
  const form = document.getElementById("verdict-form");
  if (!form) return;
  const status = document.getElementById("verdict-status");
  const value = (name) => form.elements[name]?.value || null;

  function sideVerdict(side) {
    const names = ["vessel_contact", "tumour", "aneurysm", "corrected_grade", "corrected_vessel"];
    return Object.fromEntries(names.map((name) => [name, value(`${side}.${name}`)]));
  }

  function verdict() {
    return {
      schema_version: "1.0",
      case: form.dataset.case,
      study_instance_uid: form.dataset.study,
      findings_sha256: form.dataset.findings,
      reader: value("reader"),
      written: new Date().toISOString(),
      sides: { left: sideVerdict("left"), right: sideVerdict("right") },
      corrected_side: value("corrected_side"),
      comment: value("comment") ?? "",
    };
  }

  function saysSomething(said) {
    const answers = Object.values(said.sides).flatMap((side) => Object.values(side));
    return [...answers, said.corrected_side, said.comment].some(Boolean);
  }

  function download(name, text) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const said = verdict();
    if (!/^[A-Za-z0-9]{1,8}$/.test(said.reader ?? "")) {
      status.textContent = form.dataset.readerMissing;
      form.elements.reader.focus();
    } else if (!saysSomething(said)) {
      status.textContent = form.dataset.nothing;
    } else {
      const name = `verdict-${said.case}-${said.reader}.json`;
      download(name, `${JSON.stringify(said, null, 1)}\n`);
      status.textContent = form.dataset.saved.replace("{file}", name);
    }
  });
})();
