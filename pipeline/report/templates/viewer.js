"use strict";
// The viewer. It opens when it comes into sight or a place is asked for, so that the page is quick.
(() => {
  const section = document.getElementById("viewer-section");
  const body = document.getElementById("viewer-body");
  const cursor = document.getElementById("viewer-cursor");
  const canvases = { planes: document.getElementById("viewer-planes"), solid: document.getElementById("viewer-solid") };
  const data = JSON.parse(document.getElementById("viewer-data").textContent);
  const ORDERS = { front: [180, 5], right: [270, 5], left: [90, 5], above: [180, 85] };
  const BRAINSTEM = 1;
  const COVER = 0.5; // of what was outlined, over the image
  const ZOOM = 3; // the nerve is 1 mm wide, the crop 100 mm
  const STEP = { ArrowLeft: [1, 0, 0], ArrowRight: [-1, 0, 0], ArrowUp: [0, 1, 0], ArrowDown: [0, -1, 0],
    PageUp: [0, 0, 1], PageDown: [0, 0, -1] }; // RAS voxels: the patient's right lies on the left
  const state = { planes: null, solid: null, opening: null };
  window.nvcViewer = state;

  const supported = () => Boolean(document.createElement("canvas").getContext("webgl2"));
  const point = (text) => text.split(",").map(Number);

  function bytes(base64) {
    const text = atob(base64);
    const array = new Uint8Array(text.length);
    for (let k = 0; k < text.length; k += 1) array[k] = text.charCodeAt(k);
    return array.buffer;
  }

  async function volume(role, opacity) {
    return niivue.NVImage.loadFromBase64({ base64: data.images[role], name: `${role}.nii.gz`, colormap: "gray",
      cal_min: 0, cal_max: 255, opacity });
  }

  async function labelVolume() {
    const image = await niivue.NVImage.loadFromBase64({ base64: data.labels, name: "labels.nii.gz", opacity: COVER });
    image.setColormapLabel({
      R: data.colours.map((c) => c[0]), G: data.colours.map((c) => c[1]), B: data.colours.map((c) => c[2]),
      A: data.colours.map((_, k) => (k === 0 ? 0 : k === BRAINSTEM ? 25 : 255)), I: data.colours.map((_, k) => k),
      labels: data.colours.map(() => ""),
    });
    return image;
  }

  async function openPlanes() {
    const view = new niivue.Niivue({ isRadiologicalConvention: true, sagittalNoseLeft: true, backColor: [0, 0, 0, 1],
      crosshairColor: [1, 1, 1, 0.8], crosshairWidth: 0.25, crosshairGap: 5, isOrientationTextVisible: true,
      showAllOrientationMarkers: true, fontColor: [1, 1, 1, 1], loadingText: "",
      multiplanarShowRender: niivue.SHOW_RENDER.NEVER, multiplanarEqualSize: false,
      dragAndDropEnabled: false, isResizeCanvas: true, logLevel: "silent", dragMode: niivue.DRAG_MODE.pan });
    await view.attachToCanvas(canvases.planes);
    view.setInterpolation(false);
    view.addVolume(await volume(Object.keys(data.images)[0], 1));
    if (data.labels) {
      view.addVolume(await labelVolume());
    }
    view.setSliceType(view.sliceTypeMultiplanar);
    view.setCustomLayout([
      { sliceType: niivue.SLICE_TYPE.AXIAL, position: [0, 0, 0.6, 1] },
      { sliceType: niivue.SLICE_TYPE.CORONAL, position: [0.605, 0, 0.395, 0.497] },
      { sliceType: niivue.SLICE_TYPE.SAGITTAL, position: [0.605, 0.503, 0.395, 0.497] },
    ]);
    return view;
  }

  async function openSolid() {
    const view = new niivue.Niivue({ backColor: [0, 0, 0, 1], show3Dcrosshair: true, isOrientCube: true, loadingText: "",
      crosshairColor: [1, 1, 1, 0.9], crosshairWidth: 0.3, dragAndDropEnabled: false, isResizeCanvas: true, logLevel: "silent" });
    await view.attachToCanvas(canvases.solid);
    view.setSliceType(view.sliceTypeRender);
    for (const [number, surface] of data.surfaces.entries()) {
      const rgba = new Uint8Array([...surface.rgb, 255]);
      view.addMesh(await niivue.NVMesh.readMesh(bytes(surface.mz3), `body-${number}.mz3`, view.gl, surface.opacity, rgba, true));
    }
    view.setRenderAzimuthElevation(...ORDERS.front);
    return view;
  }

  function place(position) {
    const named = [position[0] >= 0 ? "R" : "L", position[1] >= 0 ? "A" : "P", position[2] >= 0 ? "H" : "F"];
    return named.map((letter, axis) => `${letter} ${Math.abs(position[axis]).toFixed(1)}`).join("  ") + " mm";
  }

  function show(position) {
    cursor.textContent = cursor.dataset.pattern.replace("{position}", place(position));
    if (state.solid && state.solid.meshes.length) {
      state.solid.scene.crosshairPos = state.solid.mm2frac(position);
      state.solid.drawScene();
    }
  }

  // At a zoom z a place p is drawn where z * p + pan lies, so this brings it to the middle.
  function centre(position, zoom) {
    const middle = state.planes.frac2mm([0.5, 0.5, 0.5]);
    state.planes.setPan2Dxyzmm([0, 1, 2].map((axis) => middle[axis] - zoom * position[axis]).concat(zoom));
  }

  function jump(position) {
    state.planes.scene.crosshairPos = state.planes.mm2frac(position);
    centre(position, Math.max(ZOOM, state.planes.scene.pan2Dxyzmm[3]));
    show(position);
  }

  async function start() {
    body.hidden = false;
    cursor.textContent = cursor.dataset.starting;
    state.planes = await openPlanes();
    state.solid = data.surfaces.length ? await openSolid() : null;
    state.planes.onLocationChange = (location) => show([...location.mm].slice(0, 3));
    if (data.start) jump(data.start);
    section.dataset.ready = "true";
  }

  function open() {
    state.opening ??= start().catch((error) => {
      body.hidden = true;
      document.getElementById("viewer-unavailable").hidden = false;
      console.warn(error);
      throw error;
    });
    return state.opening;
  }

  async function chooseImage(role) {
    await open();
    const old = state.planes.volumes[0];
    const next = await volume(role, 1);
    state.planes.addVolume(next);
    state.planes.setVolume(next, 0);
    state.planes.removeVolume(old);
  }

  function keyDown(event) {
    if (!state.planes) return;
    if (STEP[event.key]) {
      event.preventDefault();
      state.planes.moveCrosshairInVox(...STEP[event.key]);
    } else if (event.key === "+" || event.key === "-") {
      event.preventDefault();
      const zoom = state.planes.scene.pan2Dxyzmm[3] * (event.key === "+" ? 1.25 : 0.8);
      const position = state.planes.frac2mm(state.planes.scene.crosshairPos);
      centre(position, Math.min(12, Math.max(1, zoom)));
    }
  }

  if (!supported()) {
    document.getElementById("viewer-unavailable").hidden = false;
    return;
  }
  body.hidden = false;
  new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && open().catch(() => {}), { rootMargin: "200px" }).observe(section);
  canvases.planes.addEventListener("keydown", keyDown, true);
  document.addEventListener("click", async (event) => {
    const source = event.target.closest("[data-place]");
    if (!source || !source.dataset.place) return;
    await open();
    jump(point(source.dataset.place));
  });
  for (const choice of document.querySelectorAll("[name=viewer-image]")) {
    choice.addEventListener("change", () => chooseImage(choice.value));
  }
  for (const button of document.querySelectorAll("[data-order]")) {
    button.addEventListener("click", async () => { await open(); state.solid?.setRenderAzimuthElevation(...ORDERS[button.dataset.order]); });
  }
  document.getElementById("viewer-outlines").addEventListener("change", async (event) => {
    await open();
    if (state.planes.volumes.length > 1) state.planes.setOpacity(1, event.target.checked ? COVER : 0);
  });
})();
