/** What sounds and how it is practised: the part of the transport that folds out. */

import { makeGroup, makeNumber, makeSlider, makeSwitch } from "./controls.js";
import { make, makeButton } from "./elements.js";
import { messages } from "./messages.js";
import { findBar, findBars } from "./sounds.js";

/** @import { Player } from "./player.js" */

const LICENCE = "samples/LICENSE.txt";
const N_BARS = 4; // a phrase

/** @param {Player} player @returns {{ element: HTMLElement, show: () => void }} `show` brings all in line with the player */
export function makeSoundOptions(player) {
  const parts = [makeSound(player), makePractice(player)];
  const text = messages.player;
  const licence = make("a", "", text.licence);
  licence.href = LICENCE;
  licence.target = "_blank"; // the piece stays open
  const credit = make("p", "quiet credit", text.credit, " ", licence);
  return {
    element: make("div", "sound-options", ...parts.map(({ element }) => element), credit),
    show: () => {
      for (const part of parts) part.show();
    },
  };
}

/** @param {Player} player */
function makeSound(player) {
  const text = messages.player;
  const balance = makeSlider(text.balance, { min: 0, max: 1, step: 0.05 }, text.balanceText, (value) =>
    player.set({ balance: value }),
  );
  const hands = /** @type {const} */ ([
    [1, text.rightHand],
    [2, text.leftHand],
  ]).map(([staff, label]) => {
    const hand = makeSwitch(label, (is_on) => player.set({ mutes: { ...player.settings.mutes, [staff]: !is_on } }));
    hand.input.setAttribute("aria-describedby", "whole-recording");
    return { ...hand, staff };
  });
  const why = make("p", "quiet");
  why.id = "whole-recording";
  return {
    element: makeGroup(text.sound, [balance.element, ...hands.map(({ element }) => element), why]),
    show() {
      const { balance: value, mutes } = player.settings;
      balance.element.hidden = !player.hasRecording;
      balance.show(value);
      for (const { input, staff } of hands) {
        input.checked = !mutes[staff];
        input.disabled = value === 0; // of a recording no hand can be taken away
      }
      why.textContent = value === 0 ? text.wholeRecording : "";
    },
  };
}

/** @param {Player} player */
function makePractice(player) {
  const text = messages.player;
  const speed = makeSlider(text.speed, { min: 0.25, max: 1.5, step: 0.05 }, text.percent, (value) =>
    player.set({ speed: value }),
  );
  const metronome = makeSwitch(text.metronome, (clicks) => player.set({ clicks }));
  const count = makeSwitch(text.countIn, (countsIn) => player.set({ countsIn }));
  const loop = makeLoop(player);
  return {
    element: makeGroup(text.practice, [speed.element, metronome.element, count.element, loop.element]),
    show() {
      const { settings, beats } = player;
      speed.show(settings.speed);
      metronome.input.checked = settings.clicks;
      count.input.checked = settings.countsIn;
      for (const { input } of [metronome, count]) input.disabled = beats.length === 0;
      loop.show();
    },
  };
}

/** @param {Player} player */
function makeLoop(player) {
  const text = messages.player;
  const apply = () => {
    if (!repeat.input.checked) return player.setLoop(null);
    const [lowest, highest] = findRange(player);
    const first = Math.min(Math.max(from.input.valueAsNumber || lowest, lowest), highest);
    const last = Math.min(Math.max(to.input.valueAsNumber || first, first), highest);
    [from.input.valueAsNumber, to.input.valueAsNumber] = [first, last];
    pickup.hidden = first > 0;
    const { first_sec, last_sec } = findBars(player.beats, first, last, player.duration_sec);
    player.setLoop(first_sec, last_sec);
  };
  /** @param {number} bar */
  const choose = (bar) => {
    from.input.valueAsNumber = bar;
    to.input.valueAsNumber = Math.min(bar + N_BARS - 1, findRange(player)[1]);
    pickup.hidden = bar > 0;
  };
  const repeat = makeSwitch(text.loop, apply);
  const [from, to] = [makeNumber(text.fromBar, apply), makeNumber(text.toBar, apply)];
  const pickup = Object.assign(make("span", "quiet", text.pickup), { id: "loop-pickup", hidden: true });
  from.input.setAttribute("aria-describedby", pickup.id);
  const here = makeButton(text.loopFromHere(N_BARS), () => {
    choose(findBar(player.beats, player.sec));
    repeat.input.checked = true;
    apply();
  });
  return {
    element: make("div", "loop", repeat.element, from.element, pickup, to.element, here),
    show() {
      const [lowest, highest] = findRange(player);
      for (const { input } of [from, to]) Object.assign(input, { min: lowest, max: highest });
      const is_other = !(from.input.valueAsNumber >= lowest && to.input.valueAsNumber <= highest); // piece than before
      if (is_other && player.beats.length > 0) choose(lowest);
      repeat.input.checked = player.loop !== null;
      repeat.input.disabled = here.disabled = player.beats.length === 0;
    },
  };
}

/** The first bar and the last. @param {Player} player */
function findRange({ beats }) {
  return [beats[0]?.bar ?? 1, beats.at(-1)?.bar ?? 1];
}
