// Copies what pages need from node_modules into lti_app/static/vendor (not in git), and takes funding links out of the lockfile:
// npm writes them whatever its settings say, and a check allows no address in there.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const vendor = join(root, "lti_app", "static", "vendor");
const { regroup } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const lato = ["latin", "latin-ext"].flatMap((script) => [400, 700].map((weight) => `lato-${script}-${weight}-normal.woff2`));
const files = [
  ["bootstrap/dist/css/bootstrap.min.css", "bootstrap.min.css"],
  ["bootstrap/dist/js/bootstrap.bundle.min.js", "bootstrap.bundle.min.js"],
  ["bootstrap/LICENSE", "bootstrap.LICENSE"],
  ["htmx.org/dist/htmx.min.js", "htmx.min.js"],
  ["htmx.org/LICENSE", "htmx.LICENSE"],
  ["bootstrap-icons/LICENSE", "icons/LICENSE"],
  ["@fontsource/lato/LICENSE", "fonts/LICENSE"],
  ...lato.map((name) => [`@fontsource/lato/files/${name}`, `fonts/${name}`]),
  ...regroup.icons.map((name) => [`bootstrap-icons/icons/${name}.svg`, `icons/${name}.svg`]),
];

function copyAll() {
  const missing = files.filter(([from]) => !existsSync(join(root, "node_modules", from)));
  if (missing.length) {
    console.error(`Not in node_modules: ${missing.map(([from]) => from).join(", ")}. Run npm ci first.`);
    process.exit(1);
  }
  rmSync(vendor, { recursive: true, force: true });
  for (const [from, to] of files) {
    mkdirSync(dirname(join(vendor, to)), { recursive: true });
    copyFileSync(join(root, "node_modules", from), join(vendor, to));
  }
  console.log(`${files.length} files in lti_app/static/vendor`);
}

function withoutFunding() {
  const path = join(root, "package-lock.json");
  const before = readFileSync(path, "utf8");
  const lock = JSON.parse(before);
  for (const entry of Object.values(lock.packages)) delete entry.funding;
  const after = `${JSON.stringify(lock, null, 2)}\n`;
  if (after !== before) writeFileSync(path, after);
}

withoutFunding();
copyAll();
