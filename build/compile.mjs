/**
 * Compiles every .py below the folders named on the command line to .pyc beside it, with the page's own Python.
 * Byte code belongs to one Python minor version, hence Pyodide under node and not the Python that builds.
 */
import { resolve } from "node:path";
import { loadPyodide } from "pyodide";

/** @param {string[]} folders */
async function compileFolders(folders) {
  // A fixed hash seed: the order of a frozenset constant is written into the byte code.
  const pyodide = await loadPyodide({ env: { PYTHONHASHSEED: "0", HOME: "/home/pyodide" } });
  const { UNCHECKED_HASH } = pyodide.pyimport("py_compile").PycInvalidationMode;
  const compileall = pyodide.pyimport("compileall");
  for (const folder of folders) {
    pyodide.mountNodeFS("/source", resolve(folder));
    const compiled = compileall.compile_dir.callKwargs("/source", {
      stripdir: "/source",
      legacy: true,
      optimize: 2,
      quiet: 1,
      force: true,
      invalidation_mode: UNCHECKED_HASH,
    });
    pyodide.FS.unmount("/source");
    if (!compiled) throw new Error(`${folder} holds Python that does not compile`);
  }
}

compileFolders(process.argv.slice(2)).catch((error) => {
  // Not the stack: node would print the one line of a megabyte that it points to.
  console.error(String(error));
  process.exitCode = 1;
});
