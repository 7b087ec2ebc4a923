// Records the voice samples in real browsers, the way the app does: getUserMedia, MediaRecorder.
//
//   node record.mjs            records everything again
//   node record.mjs chromium   only the files of one browser
//
// Chromium hears a sample through its fake microphone. Firefox's fake microphone cannot be fed a
// file, so it gets a real one: a PulseAudio sink without a loudspeaker, into which the page plays
// the sample, and whose monitor is the microphone.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const sample = (name) => here(`../../models/samples/${name}.wav`);

const RECORDINGS = [
  { browser: "chromium", file: "chromium.webm", sample: "kimochi_1", mimeType: "audio/webm;codecs=opus" },
  { browser: "chromium", file: "chromium_timeslice.webm", sample: "kimochi_2", mimeType: "audio/webm;codecs=opus", timeslice: 250 },
  { browser: "chromium", file: "chromium_opus.mp4", sample: "kimochi_3", mimeType: "audio/mp4;codecs=opus" },
  { browser: "chromium", file: "chromium_aac.mp4", sample: "kimochi_4", mimeType: "audio/mp4;codecs=mp4a.40.2" },
  { browser: "firefox", file: "firefox.webm", sample: "kimochi_5", mimeType: "audio/webm;codecs=opus" },
];

const launch = {
  chromium: (wav) =>
    puppeteer.launch({
      executablePath: find("chromium"),
      args: [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        `--use-file-for-fake-audio-capture=${wav}%noloop`,
        "--no-sandbox", // for running as root
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    }),
  firefox: async () => {
    const pulse = await startPulseAudio();
    const browser = await puppeteer.launch({
      browser: "firefox",
      executablePath: find("firefox-esr"),
      env: { ...process.env, PULSE_SERVER: pulse.server },
      extraPrefsFirefox: {
        "media.autoplay.default": 0,
        "media.navigator.permission.disabled": true,
      },
    });
    browser.once("disconnected", pulse.stop);
    return browser;
  },
};

const wanted = process.argv[2];
for (const recording of RECORDINGS.filter(({ browser }) => !wanted || browser === wanted)) {
  await record(recording);
}

async function record({ browser: name, file, sample: sampleName, mimeType, timeslice }) {
  const server = await serve(sample(sampleName));
  const browser = await launch[name](sample(sampleName));
  try {
    const page = await browser.newPage();
    await page.goto(`http://localhost:${server.address().port}/`); // a secure context
    const note = await page.evaluate(recordInPage, { mimeType, timeslice, playIt: name === "firefox" });
    if (note.unsupported) {
      console.log(`${file}: ${await browser.version()} does not record ${mimeType}`);
      return;
    }
    await writeFile(here(file), Buffer.from(note.base64, "base64"));
    console.log(`${file}: ${note.type}, ${note.size} bytes, ${note.chunks} chunks, by ${await browser.version()}`);
  } finally {
    await browser.close();
    server.close();
  }
}

/** A sound server of our own, whose only output is a sink that nobody hears. */
async function startPulseAudio() {
  const folder = await mkdtemp(join(tmpdir(), "recordings-"));
  const server = `unix:${join(folder, "native")}`;
  const modules = [
    "module-null-sink sink_name=sample rate=48000 channels=1",
    `module-native-protocol-unix socket=${join(folder, "native")} auth-anonymous=true`,
  ];
  const daemon = spawn(
    find("pulseaudio"),
    ["-n", "--daemonize=no", "--exit-idle-time=-1", "--use-pid-file=no", ...modules.map((module) => `--load=${module}`)],
    { stdio: "ignore", env: { ...process.env, PULSE_RUNTIME_PATH: folder } },
  );
  await waitFor(join(folder, "native"));
  const stop = async () => {
    daemon.kill();
    await once(daemon, "exit");
    await rm(folder, { recursive: true });
  };
  return { server, stop };
}

async function waitFor(path) {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (existsSync(path)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${path} did not appear`);
}

function find(program) {
  return execFileSync("which", [program], { encoding: "utf8" }).trim();
}

/** An empty page, and the sample beside it. */
function serve(wav) {
  const server = createServer(async ({ url }, response) => {
    if (url === "/sample.wav") {
      response.end(await readFile(wav));
    } else {
      response.setHeader("content-type", "text/html").end("<title>recording</title>");
    }
  });
  return new Promise((resolve) => server.listen(0, "localhost", () => resolve(server)));
}

/** Runs in the page. */
async function recordInPage({ mimeType, timeslice, playIt }) {
  if (!MediaRecorder.isTypeSupported(mimeType)) return { unsupported: true };

  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const context = new AudioContext();
  const bytes = await (await fetch("/sample.wav")).arrayBuffer();
  const sample = await context.decodeAudioData(bytes);

  // What is played here must not be taken for an echo.
  const audio = playIt ? { echoCancellation: false, noiseSuppression: false, autoGainControl: false } : true;
  const stream = await navigator.mediaDevices.getUserMedia({ audio });

  const recorder = new MediaRecorder(stream, { mimeType });
  const chunks = [];
  recorder.ondataavailable = ({ data }) => chunks.push(data);
  const stopped = new Promise((resolve) => (recorder.onstop = resolve));
  const started = new Promise((resolve) => (recorder.onstart = resolve));
  recorder.start(timeslice);
  await started;
  if (playIt) {
    await context.resume();
    const player = new AudioBufferSourceNode(context, { buffer: sample });
    player.connect(context.destination);
    const ended = new Promise((resolve) => (player.onended = resolve));
    player.start();
    await ended;
    await sleep(300);
  } else {
    await sleep(sample.duration * 1000 + 300);
  }
  recorder.stop();
  await stopped;

  const note = new Blob(chunks, { type: recorder.mimeType });
  const url = await new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.readAsDataURL(note);
  });
  return { type: note.type, size: note.size, chunks: chunks.length, base64: url.split(",")[1] };
}
