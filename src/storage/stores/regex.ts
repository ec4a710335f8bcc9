/** A pattern that matches exactly this text; a pattern cannot hold a NUL as it is. */
export const escapeRegex = (text: string): string =>
  text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('\0', '\\x00');
