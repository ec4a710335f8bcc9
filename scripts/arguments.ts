import { parseArgs } from 'node:util';

/** Reads `--name value` options of a command line; prints the usage and ends with 2 when they are not as it says. */
export function readOptions<N extends string>(
  usage: string,
  names: readonly N[],
): { [K in N]?: string } & { words: string[] } {
  try {
    const options = Object.fromEntries(names.map(name => [name, { type: 'string' as const }]));
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    return { ...(values as { [K in N]?: string }), words: positionals };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    process.exit(2);
  }
}
