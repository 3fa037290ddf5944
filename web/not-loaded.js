/**
 * What is said when the page itself did not arrive whole. A plain script with its own two sentences: of modules, the table
 * of messages among them, none runs when one of main.js's is missing.
 */
addEventListener(
  "error",
  ({ target }) => {
    if (!(target instanceof HTMLScriptElement) || target.getAttribute("src") !== "main.js") return;
    const sentences = {
      en: "Ottava could not be loaded whole. Connect to the internet and open this page again; your pieces are kept.",
      de: "Ottava konnte nicht ganz geladen werden. Bitte mit dem Internet verbinden und diese Seite noch einmal öffnen; Ihre Stücke bleiben erhalten.",
    };
    const root = document.documentElement;
    root.classList.remove("untranslated");
    const problem = document.querySelector("#problem-text");
    if (problem) problem.textContent = root.lang === "de" ? sentences.de : sentences.en;
    // Nothing else of the page works.
    for (const element of document.querySelectorAll("#try-another, #welcome, #help, #languages")) element.remove();
    document.querySelector("#problem")?.removeAttribute("hidden");
  },
  true,
);
