/**
 * Which language the page speaks, decided before anything is painted: a plain script, because a module would come too
 * late. What is not English stays unseen until it is filled in (labels.js).
 */
{
  const tables = { en: "", de: "speak-german.js" };
  const remembered = (() => {
    try {
      return localStorage.getItem("ottava-language") ?? ""; // remembered.js
    } catch {
      return "";
    }
  })();
  const wanted = [remembered, ...navigator.languages].map((language) => language.slice(0, 2).toLowerCase());
  const language = wanted.find((one) => one in tables) ?? "en";
  const table = tables[/** @type {keyof typeof tables} */ (language)];
  document.documentElement.lang = language;
  if (table) {
    document.documentElement.classList.add("untranslated");
    // Written, so that it is run before main.js and whatever that imports: WebKit loses its way where a module of many
    // importers awaits another (2.50: the page stayed empty after the second visit).
    document.write(`<script type="module" src="${table}"></script>`);
  }
}
