/**
 * Long recordings, decoded as they are asked for: mediabunny takes the packets out of the file, WebCodecs decodes them.
 *
 * A slice far from the last one is reached by a jump to a little before it: a decoder needs some packets until it gives
 * what it would have given from the beginning on (an MP3 frame borrows bits from up to 10 frames before). In Ogg a jump
 * may land some samples beside its place, so that what is passed over is decoded there too.
 */

import { chooseTrack, countBlock, measureEnergy, mixToMono } from "./mono.js";
import { findSource, planResampling, resample } from "./resample.js";

/** @import { AudioSample, EncodedPacket, EncodedPacketSink, Input, InputAudioTrack } from "./vendor/mediabunny/mediabunny.min.mjs" */

const WARM_UP_SEC = 1;
const FAR_SEC = 30; // from here on a jump is quicker
const UNSURE_AFTER_JUMP = new Set(["opus", "vorbis"]);
const BLOCK_SAMPLES = 1 << 16; // resampled in one go: 5 to 10 ms
const STRETCH_SEC = { least: 0.05, first: 1, longest: 8 }; // decoded alone near damage: what is read ahead fails with it
const STEP_SEC = 0.05; // how far after damage decoding is tried again
const STEP_GROWTH = 1.25; // as long as it fails
const JUMP_SEC = 0.1; // time stamps jump by up to 0.02 s where nothing is missing
const PLACE_SEC = 0.005; // packets last longer
const PLACES_ONLY = { metadataOnly: true };
const LEAST_BYTES_SEC = 100; // silence in FLAC takes 150; less is a damaged length
const RATES = { lowest: 3000, highest: 192_000 }; // Hz; others are damage, and resampling would take for ever

/**
 * @typedef {object} Slices
 * @property {number} n_samples
 * @property {number} duration_sec
 * @property {number | null} declared_sec what the file's header says; null for MP3, where it may be an estimate
 * @property {() => [number, number][]} findDamage begin and end of what could not be decoded, in seconds, in order
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
  const { sink, packets, rate, codec, duration_sec, declared_sec } = track;
  const decodeStretch = await planStretches(track, mediabunny.AudioSample);
  const n_source = Math.max(0, Math.round(duration_sec * rate) - padding.first - padding.last);
  const n_samples = Math.floor((n_source * sample_rate) / rate);
  const can_jump = !UNSURE_AFTER_JUMP.has(codec);
  const source = new Source(
    (sec, end_sec) => (end_sec === undefined ? sink.samples(sec) : decodeStretch(sec, end_sec)),
    () => isThere(file),
    rate,
    padding.first,
    n_source,
    can_jump,
    minimum_sec === 0 ? await findJumps(packets, duration_sec) : [],
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
    findDamage: () => source.findHoles(),
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
  const track = await pickTrack(input, AudioSampleSink);
  if (!track || !(await track.canDecode())) return null;
  // Of a FLAC without a first packet everything else would look for one for ever (mediabunny 1.61).
  const packets = new EncodedPacketSink(track);
  if (!(await packets.getFirstPacket())) return null;
  const duration_sec = await track.computeDuration();
  if (duration_sec < minimum_sec || duration_sec * LEAST_BYTES_SEC > n_bytes) return null;
  const sink = new AudioSampleSink(track);
  const rate = await findRate(track, sink);
  if (rate < RATES.lowest || rate > RATES.highest) return null;
  const codec = (await track.getCodec()) ?? "";
  const declared_sec = codec === "mp3" ? null : await track.getDurationFromMetadata();
  return { track, sink, packets, rate, codec, duration_sec, declared_sec };
}

/**
 * How to decode the packets of a stretch alone: mediabunny hands on packets as they come, up to 40 beyond the end, and
 * when one of them fails, it throws away what the decoder had of those before.
 *
 * @param {NonNullable<Awaited<ReturnType<typeof openTrack>>>} opened
 * @param {typeof import("./vendor/mediabunny/mediabunny.min.mjs").AudioSample} AudioSample
 * @returns {Promise<(sec: number, end_sec: number) => AsyncGenerator<AudioSample, void, unknown>>}
 */
async function planStretches({ track, sink, packets }, AudioSample) {
  const config = await track.getDecoderConfig();
  const { supported } = config ? await AudioDecoder.isConfigSupported(config) : { supported: false };
  if (!config || !supported) return (sec, end_sec) => sink.samples(sec, end_sec); // PCM, which has nothing to decode
  return async function* (sec, end_sec) {
    /** @type {AudioSample[]} */
    const samples = [];
    const first = (await packets.getPacket(sec)) ?? (await packets.getFirstPacket());
    if (!first) return;
    const decoder = new AudioDecoder({
      output: (data) => samples.push(new AudioSample(data)),
      error() {}, // flushing fails then
    });
    try {
      decoder.configure(config);
      for await (const packet of packets.packets(first)) {
        if (packet.timestamp >= end_sec) break;
        decoder.decode(packet.toEncodedAudioChunk());
      }
      await decoder.flush();
    } catch (error) {
      for (const sample of samples) sample.close();
      throw error;
    } finally {
      if (decoder.state !== "closed") decoder.close();
    }
    const late_sec = (samples[0]?.timestamp ?? 0) - first.timestamp; // Chromium begins at 0 where a file begins earlier
    for (const sample of samples) {
      sample.setTimestamp(sample.timestamp - late_sec);
      yield sample;
    }
  };
}

/**
 * Where packets are missing, in seconds: decoders of Opus count on, whatever the time stamps say.
 * @param {EncodedPacketSink} packets
 * @param {number} duration_sec
 */
async function findJumps(packets, duration_sec) {
  /** @type {[number, number][]} */
  const jumps_sec = [];
  let packet = await packets.getFirstPacket(PLACES_ONLY);
  while (packet) {
    const [end_sec, next_sec] = await followPackets(packets, packet, duration_sec);
    packet = next_sec - end_sec > JUMP_SEC ? await findPacketAfter(packets, end_sec, next_sec) : null;
    if (packet) jumps_sec.push([end_sec, packet.timestamp]);
  }
  return jumps_sec;
}

/**
 * Up to where packets follow one another from `first` on, and where the next one begins or the file ends, in seconds.
 * @param {EncodedPacketSink} packets
 * @param {EncodedPacket} first
 * @param {number} duration_sec
 */
async function followPackets(packets, first, duration_sec) {
  let end_sec = first.timestamp;
  try {
    for await (const { timestamp, duration } of packets.packets(first, undefined, PLACES_ONLY)) {
      if (timestamp - end_sec > JUMP_SEC) return [end_sec, timestamp];
      end_sec = timestamp + duration;
    }
  } catch {} // the same as an end
  return [end_sec, duration_sec];
}

/**
 * The first packet behind damage: reading on passes over whole clusters of Matroska that its index still knows.
 * @param {EncodedPacketSink} packets
 * @param {number} end_sec of the packets before
 * @param {number} next_sec where reading on finds a packet, or the end
 */
async function findPacketAfter(packets, end_sec, next_sec) {
  const look = async (/** @type {number} */ sec) => {
    const packet = await packets.getPacket(sec, PLACES_ONLY).catch(() => null);
    return packet && packet.timestamp > end_sec ? packet : null;
  };
  let found = await look(next_sec);
  let [none_sec, found_sec] = [end_sec, found?.timestamp ?? next_sec];
  while (found_sec - none_sec > PLACE_SEC) {
    const middle_sec = (none_sec + found_sec) / 2;
    const packet = await look(middle_sec);
    if (packet) [found, found_sec] = [packet, packet.timestamp];
    else none_sec = middle_sec;
  }
  return found;
}

/**
 * What a file says of itself: the number of its tracks that sound, and the length of the first of them.
 * @param {File} file
 * @returns {Promise<{ n_tracks: number, duration_sec: number } | null>} null where it is unknown
 */
export async function readFacts(file) {
  if (!("AudioDecoder" in globalThis)) return null;
  const { ALL_FORMATS, BlobSource, Input } = await import("./vendor/mediabunny/mediabunny.min.mjs");
  const input = new Input({ source: new BlobSource(file), formats: ALL_FORMATS });
  try {
    const tracks = await input.getAudioTracks();
    if (!tracks[0]) return null;
    const begin_sec = Math.max(0, await tracks[0].getFirstTimestamp());
    return { n_tracks: tracks.length, duration_sec: (await tracks[0].computeDuration()) - begin_sec };
  } catch {
    return null;
  } finally {
    input.dispose();
  }
}

/**
 * @param {Input} input
 * @param {typeof import("./vendor/mediabunny/mediabunny.min.mjs").AudioSampleSink} AudioSampleSink
 * @returns {Promise<InputAudioTrack | undefined>}
 */
async function pickTrack(input, AudioSampleSink) {
  const tracks = await input.getAudioTracks();
  if (tracks.length < 2) return tracks[0];
  const energies = [];
  for (const track of tracks) energies.push(await measureTrack(track, AudioSampleSink).catch(() => []));
  return tracks[chooseTrack(energies)];
}

/**
 * The mean square of each block of a track.
 * @param {InputAudioTrack} track
 * @param {typeof import("./vendor/mediabunny/mediabunny.min.mjs").AudioSampleSink} AudioSampleSink
 */
async function measureTrack(track, AudioSampleSink) {
  const energies = [];
  const rate = await track.getSampleRate();
  const n_block = countBlock(rate);
  let [sum, n] = [0, 0];
  for await (const sample of new AudioSampleSink(track).samples()) {
    const mono = new Float32Array(sample.numberOfFrames);
    mixToMono(copyChannels(sample), rate, mono);
    sum += measureEnergy(mono) * mono.length;
    n += mono.length;
    sample.close();
    if (n < n_block) continue;
    energies.push(sum / n);
    [sum, n] = [0, 0];
  }
  return energies;
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
  /** @type {{ at: number, n_samples: number, channels: Float32Array[] }[]} decoded and not yet passed, in order */
  #held = [];
  #hold_from = 0;
  #end = 0;
  #fresh_from = -Infinity; // what comes before is decoded already
  #stretch_sec = Infinity; // decoded alone
  #warm_from = 0; // before it packets cannot be decoded
  #step_sec = STEP_SEC;
  /** @type {[number, number][]} first and last sample, excluded */
  #holes = [];

  /**
   * @param {(sec: number, end_sec?: number) => AsyncGenerator<AudioSample, void, unknown>} decodeFrom
   * @param {() => Promise<boolean>} isThere the file
   * @param {number} rate Hz
   * @param {number} delay samples before the recording begins
   * @param {number} n_samples of the recording
   * @param {boolean} can_jump exactly
   * @param {[number, number][]} jumps_sec where packets are missing
   */
  constructor(decodeFrom, isThere, rate, delay, n_samples, can_jump, jumps_sec) {
    this.decodeFrom = decodeFrom;
    this.isThere = isThere;
    this.rate = rate;
    this.delay = delay;
    this.n_samples = n_samples;
    this.can_jump = can_jump;
    this.jumps = jumps_sec.map((jump) => jump.map((sec) => Math.round(sec * rate) - delay));
    this.n_block = countBlock(rate);
  }

  /** Begin and end of what could not be decoded, in seconds. @returns {[number, number][]} */
  findHoles() {
    return this.#holes.map(([first, last]) => [first / this.rate, last / this.rate]);
  }

  /** Nothing before `first` will be asked for, but by a slice of its own. @param {number} wanted */
  hold(wanted) {
    const first = Math.floor(Math.max(0, wanted) / this.n_block) * this.n_block;
    const held_from = this.#held[0]?.at ?? this.#end;
    const is_far = this.can_jump && first > this.#end + FAR_SEC * this.rate;
    if (first < held_from || is_far) this.#jump(first);
    this.#hold_from = first;
  }

  /**
   * Samples before the beginning, after the end and of packets that cannot be decoded are 0.
   *
   * @param {number} first @param {number} last excluded
   */
  async read(first, last) {
    const block_first = Math.floor(Math.max(0, first) / this.n_block) * this.n_block;
    const block_last = Math.ceil(last / this.n_block) * this.n_block;
    while (this.#end < block_last && (await this.#decode()));
    const n_channels = Math.max(1, ...this.#held.map(({ channels }) => channels.length));
    const whole = Array.from({ length: n_channels }, () => new Float32Array(Math.max(0, block_last - block_first)));
    for (const { at, n_samples, channels } of this.#held) {
      const begin = Math.max(block_first, at);
      const end = Math.min(block_last, at + n_samples);
      if (begin >= end) continue;
      whole.forEach((channel, i) => {
        const samples = /** @type {Float32Array} */ (channels[Math.min(i, channels.length - 1)]);
        channel.set(samples.subarray(begin - at, end - at), begin - block_first);
      });
    }
    const mono = new Float32Array(Math.max(0, block_last - block_first));
    mixToMono(whole, this.rate, mono);
    const out = new Float32Array(last - first);
    const begin = Math.max(first, block_first);
    if (begin < last) out.set(mono.subarray(begin - block_first, last - block_first), begin - first);
    return out;
  }

  /** @param {number} first the first sample that will be asked for */
  #jump(first) {
    this.close();
    this.#held = [];
    this.#end = this.can_jump ? Math.max(0, first) : 0;
    [this.#fresh_from, this.#stretch_sec, this.#warm_from] = [-Infinity, Infinity, 0];
    this.#decoded = this.decodeFrom(Math.max(0, (this.#end + this.delay) / this.rate - WARM_UP_SEC));
  }

  /** Decodes one more packet and forgets what is passed. @returns {Promise<boolean>} not at the end */
  async #decode() {
    const sample = await this.#next();
    if (sample === null) return false;
    const stated = Math.round(sample.timestamp * this.rate) - this.delay;
    const at = Math.max(stated, Math.min(this.#fresh_from, stated + sample.numberOfFrames));
    this.#held = this.#held.filter((held) => held.at + held.n_samples > this.#hold_from);
    const n_samples = stated + sample.numberOfFrames - at;
    if (at - this.#end > JUMP_SEC * this.rate) this.#addHole(this.#end, at);
    if (at + n_samples > this.#hold_from)
      this.#held.push({ at, n_samples, channels: copyChannels(sample, at - stated) });
    if (at + n_samples > this.#end) this.#step_sec = STEP_SEC;
    this.#end = Math.max(this.#end, at + n_samples);
    sample.close();
    return true;
  }

  /**
   * Near damage decoding goes on in stretches that are the shorter the more often it fails, behind it a little later.
   * @returns {Promise<AudioSample | null>} null at the end
   */
  async #next() {
    while (this.#end < this.n_samples) {
      this.#passJump();
      this.#decoded ??= this.decodeFrom(0);
      let is_sound = true;
      try {
        const { value } = await this.#decoded.next();
        if (value) return value;
        if (this.n_samples - this.#end <= JUMP_SEC * this.rate) return null;
      } catch (error) {
        if (!(await this.isThere())) throw error;
        is_sound = false;
      }
      if (this.#stretch_sec === Infinity) this.#restart(STRETCH_SEC.first);
      else if (is_sound && this.#end > this.#fresh_from) this.#restart(lengthen(this.#stretch_sec));
      else if (this.#stretch_sec > STRETCH_SEC.least) this.#restart(this.#stretch_sec / 2);
      else this.#passDamage();
    }
    return null;
  }

  /** Decodes from the last sample on. @param {number} stretch_sec */
  #restart(stretch_sec) {
    const sec = (this.#end + this.delay) / this.rate;
    const warm_up_sec = Math.min(WARM_UP_SEC, (this.#end - this.#warm_from) / this.rate);
    const end_sec = stretch_sec === Infinity ? undefined : sec + stretch_sec;
    [this.#fresh_from, this.#stretch_sec] = [this.#end, stretch_sec];
    this.#decoded?.return();
    this.#decoded = this.decodeFrom(Math.max(0, sec - warm_up_sec), end_sec);
  }

  /** Goes on a little later; first at the same place, since what fails may be what comes before. */
  #passDamage() {
    const begin = this.#end;
    if (this.#warm_from === begin) {
      this.#end = Math.min(this.n_samples, begin + Math.round(this.#step_sec * this.rate));
      this.#step_sec *= STEP_GROWTH;
      this.#addHole(begin, this.#end);
    }
    this.#warm_from = this.#end;
    this.#restart(this.#stretch_sec);
  }

  /** What comes after missing packets is decoded from there on. */
  #passJump() {
    const jump = this.jumps.find(([begin = 0, end = 0]) => begin <= this.#end + 1 && this.#end + 1 < end);
    if (!jump) return;
    const [, last = 0] = jump;
    this.#addHole(this.#end, last);
    this.#end = this.#warm_from = last;
    this.#restart(Infinity);
  }

  /** What is read again may be found again. @param {number} first @param {number} last */
  #addHole(first, last) {
    const apart = this.#holes.filter(([begin, end]) => end < first || begin > last);
    const near = this.#holes.filter((hole) => !apart.includes(hole)).flat();
    this.#holes = [...apart, [Math.min(first, ...near), Math.max(last, ...near)]];
    this.#holes.sort(([a], [b]) => a - b);
  }

  close() {
    this.#decoded?.return(); // the decoder ends with it
    this.#decoded = null;
  }
}

/** @param {number} stretch_sec that could be decoded */
const lengthen = (stretch_sec) => (stretch_sec < STRETCH_SEC.longest ? 2 * stretch_sec : Infinity);

/** The error of a file that has gone is another one in each browser. @param {File} file */
async function isThere(file) {
  const first = await file.slice(0, 1).arrayBuffer();
  return first.byteLength > 0;
}

/** @param {AudioSample} sample @param {number} [first] sample that is wanted */
function copyChannels(sample, first = 0) {
  return Array.from({ length: sample.numberOfChannels }, (_, planeIndex) => {
    const channel = new Float32Array(sample.numberOfFrames);
    sample.copyTo(channel, { planeIndex, format: "f32-planar" });
    return channel.subarray(first);
  });
}
