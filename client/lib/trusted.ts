/**
 * The only scripts this app starts by address. Under Trusted Types a plain string is refused by `new Worker` and
 * `serviceWorker.register`; this policy lets exactly these paths through. The CSP names it: `trusted-types temoin`.
 *
 * Workers lie under /m/ as well: their script is looked up by its own address, so from elsewhere they
 * would be outside the service worker's scope and missing offline.
 */
const SCRIPTS = ['/m/seal.worker.js', '/m/vault.worker.js', '/m/sw.js'] as const;
export type Script = (typeof SCRIPTS)[number];

interface Policy {
  createScriptURL(path: string): unknown;
}
interface Factory {
  createPolicy(name: string, rules: { createScriptURL(path: string): string }): Policy;
}

let policy: Policy | undefined;

/** Typed as a string for the browser's calls; where Trusted Types exist it is a TrustedScriptURL. */
export function scriptUrl(path: Script): string {
  const factory = (globalThis as { trustedTypes?: Factory }).trustedTypes;
  if (!factory) return path;
  policy ??= factory.createPolicy('temoin', {
    createScriptURL(wanted) {
      if (!(SCRIPTS as readonly string[]).includes(wanted)) throw new TypeError('not a script of this app');
      return wanted;
    },
  });
  return policy.createScriptURL(path) as string;
}
