/**
 * Long recordings, decoded as they are asked for: mediabunny takes the packets out of the file, WebCodecs decodes them.
 *
 * A slice far from the last one is reached by a jump to a little before it: a decoder needs some packets until it gives
 * what it would have given from the beginning on (an MP3 frame borrows bits from up to 10 frames before). In Ogg a jump
 * may land some samples beside its place, so that what is passed over is decoded there too.
 */

import { findSource, planResampling, resample } from "./resample.js";

/** @import { AudioSample } from "./vendor/mediabunny/mediabunny.min.mjs" */

const WARM_UP_SEC = 1;
const FAR_SEC = 30; // from here on a jump is quicker
const UNSURE_AFTER_JUMP = new Set(["opus", "vorbis"]);
const BLOCK_SAMPLES = 1 << 16; // resampled in one go: 5 to 10 ms
const LEAST_BYTES_SEC = 100; // silence in FLAC takes 150; less is a damaged length
const RATES = { lowest: 3000, highest: 192_000 }; // Hz; others are damage, and resampling would take for ever

/**
 * @typedef {object} Slices
 * @property {number} n_samples
 * @property {number} duration_sec
 * @property {number | null} declared_sec what the file's header says; null for MP3, where it may be an estimate
 * @property {() => number[]} findDamage where packets could not be decoded, in seconds
 * @property {(first_sample: number, last_sample: number) => Promise<Float32Array>} read mono, ±1, last excluded
 * @property {() => void} close
 */

/**
 * @param {File} file
 * @param {number} sample_rate of the samples to give, Hz
 * @param {number} minimum_sec
 * @param {{ first: number, last: number }} padding samples of the file's own rate that its encoder has added
 * @returns {Promise<Slices | null>} null where this browser cannot, the file is unknown or shorter than the minimum
 */
export async function openSlices(file, sample_rate, minimum_sec, padding) {
  if (!("AudioDecoder" in globalThis)) return null;
  const mediabunny = await import("./vendor/mediabunny/mediabunny.min.mjs");
  const input = new mediabunny.Input({ source: new mediabunny.BlobSource(file), formats: mediabunny.ALL_FORMATS });
  const track = await openTrack(input, mediabunny, minimum_sec, file.size).catch(() => null);
  if (!track) {
    input.dispose();
    return null;
  }
  const { sink, rate, codec, duration_sec, declared_sec } = track;
  const n_source = Math.max(0, Math.round(duration_sec * rate) - padding.first - padding.last);
  const n_samples = Math.floor((n_source * sample_rate) / rate);
  const can_jump = !UNSURE_AFTER_JUMP.has(codec);
  const source = new Source(
    (sec) => sink.samples(sec),
    () => isThere(file),
    rate,
    padding.first,
    n_source,
    can_jump,
  );
  const plan = planResampling(rate, sample_rate);

  /** @param {number} first @param {number} last */
  const readBlock = async (first, last) => {
    if (rate === sample_rate) return source.read(first, last);
    return resample(plan, await source.read(...findSource(plan, first, last)), first, last);
  };
  return {
    n_samples,
    duration_sec: n_samples / sample_rate,
    declared_sec,
    findDamage: () => source.damage_sec,
    async read(first_sample, last_sample) {
      const samples = new Float32Array(last_sample - first_sample);
      source.hold(Math.floor((first_sample * rate) / sample_rate) - plan.reach);
      for (let first = first_sample; first < last_sample; first += BLOCK_SAMPLES) {
        samples.set(await readBlock(first, Math.min(first + BLOCK_SAMPLES, last_sample)), first - first_sample);
      }
      return samples;
    },
    close() {
      source.close();
      input.dispose();
    },
  };
}

/**
 * The track to listen to, if this browser can decode it.
 * @param {import("./vendor/mediabunny/mediabunny.min.mjs").Input} input
 * @param {typeof import("./vendor/mediabunny/mediabunny.min.mjs")} mediabunny
 * @param {number} minimum_sec
 * @param {number} n_bytes of the file
 * @throws where the beginning of the file is damaged
 */
async function openTrack(input, { AudioSampleSink, EncodedPacketSink }, minimum_sec, n_bytes) {
  const track = await input.getPrimaryAudioTrack();
  if (!track || !(await track.canDecode())) return null;
  // Of a FLAC without a first packet everything else would look for one for ever (mediabunny 1.61).
  if (!(await new EncodedPacketSink(track).getFirstPacket())) return null;
  const duration_sec = await track.computeDuration();
  if (duration_sec < minimum_sec || duration_sec * LEAST_BYTES_SEC > n_bytes) return null;
  const sink = new AudioSampleSink(track);
  const rate = await findRate(track, sink);
  if (rate < RATES.lowest || rate > RATES.highest) return null;
  const codec = (await track.getCodec()) ?? "";
  const declared_sec = codec === "mp3" ? null : await track.getDurationFromMetadata();
  return { sink, rate, codec, duration_sec, declared_sec };
}

/**
 * The rate that the decoder gives: that of HE-AAC is twice what the file says.
 * @param {import("./vendor/mediabunny/mediabunny.min.mjs").InputAudioTrack} track
 * @param {import("./vendor/mediabunny/mediabunny.min.mjs").AudioSampleSink} sink
 */
async function findRate(track, sink) {
  const first = await sink.getSample(Math.max(0, await track.getFirstTimestamp()));
  first?.close();
  return first?.sampleRate ?? (await track.getSampleRate());
}

/** The decoded samples of a file at its own rate, mixed to mono, forward from the last slice. */
class Source {
  /** @type {AsyncGenerator<AudioSample, void, unknown> | null} */
  #decoded = null;
  /** @type {{ at: number, samples: Float32Array }[]} what is decoded and not yet passed, in order */
  #held = [];
  #hold_from = 0;
  #end = 0;
  /** @type {number[]} */
  damage_sec = [];

  /**
   * @param {(sec: number) => AsyncGenerator<AudioSample, void, unknown>} decodeFrom
   * @param {() => Promise<boolean>} isThere the file
   * @param {number} rate Hz
   * @param {number} delay samples before the recording begins
   * @param {number} n_samples of the recording
   * @param {boolean} can_jump exactly
   */
  constructor(decodeFrom, isThere, rate, delay, n_samples, can_jump) {
    this.decodeFrom = decodeFrom;
    this.isThere = isThere;
    this.rate = rate;
    this.delay = delay;
    this.n_samples = n_samples;
    this.can_jump = can_jump;
  }

  /** Nothing before `first` will be asked for, but by a slice of its own. @param {number} first */
  hold(first) {
    const held_from = this.#held[0]?.at ?? this.#end;
    const is_far = this.can_jump && first > this.#end + FAR_SEC * this.rate;
    if (Math.max(first, 0) < held_from || is_far) this.#jump(first);
    this.#hold_from = first;
  }

  /**
   * Samples before the beginning, after the end and of packets that cannot be decoded are 0.
   *
   * @param {number} first @param {number} last excluded
   */
  async read(first, last) {
    while (this.#end < last && (await this.#decode()));
    const out = new Float32Array(last - first);
    for (const { at, samples } of this.#held) {
      const begin = Math.max(first, at);
      const end = Math.min(last, at + samples.length);
      if (begin < end) out.set(samples.subarray(begin - at, end - at), begin - first);
    }
    return out;
  }

  /** @param {number} first the first sample that will be asked for */
  #jump(first) {
    this.close();
    this.#held = [];
    this.#end = this.can_jump ? Math.max(0, first) : 0;
    this.#decoded = this.decodeFrom(Math.max(0, (this.#end + this.delay) / this.rate - WARM_UP_SEC));
  }

  /** Decodes one more packet and forgets what is passed. @returns {Promise<boolean>} not at the end */
  async #decode() {
    const sample = await this.#next();
    if (sample === null) return false;
    const at = Math.round(sample.timestamp * this.rate) - this.delay;
    this.#held = this.#held.filter((held) => held.at + held.samples.length > this.#hold_from);
    if (at + sample.numberOfFrames > this.#hold_from) this.#held.push({ at, samples: mixToMono(sample) });
    this.#end = Math.max(this.#end, at + sample.numberOfFrames);
    sample.close();
    return true;
  }

  /** After damage decoding goes on a second later. @returns {Promise<AudioSample | null>} null at the end */
  async #next() {
    while (this.#end < this.n_samples) {
      this.#decoded ??= this.decodeFrom(0);
      try {
        return (await this.#decoded.next()).value ?? null;
      } catch (error) {
        if (!(await this.isThere())) throw error;
        const damage_sec = (this.#end + this.delay) / this.rate;
        this.damage_sec.push(damage_sec);
        this.#end += this.rate;
        this.#decoded = this.decodeFrom(damage_sec + 1);
      }
    }
    return null;
  }

  close() {
    this.#decoded?.return(); // the decoder ends with it
    this.#decoded = null;
  }
}

/** The error of a file that has gone is another one in each browser. @param {File} file */
async function isThere(file) {
  const first = await file.slice(0, 1).arrayBuffer();
  return first.byteLength > 0;
}

/** The mean of all channels. @param {AudioSample} sample */
function mixToMono(sample) {
  const { numberOfFrames, numberOfChannels } = sample;
  const mono = new Float32Array(numberOfFrames);
  const channel = new Float32Array(numberOfFrames);
  for (let planeIndex = 0; planeIndex < numberOfChannels; planeIndex++) {
    sample.copyTo(channel, { planeIndex, format: "f32-planar" });
    for (let i = 0; i < numberOfFrames; i++)
      mono[i] = /** @type {number} */ (mono[i]) + /** @type {number} */ (channel[i]) / numberOfChannels;
  }
  return mono;
}
