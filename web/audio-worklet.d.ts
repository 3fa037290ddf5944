/** What the type checker does not know: the globals of the sound thread (Web Audio API, 1.32). */

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;
