/** First 16 hex digits of the SHA-256 over all built files; put in by build.mjs, `0` x 16 elsewhere. */
declare const BUILD: string;

declare module '*.css';
