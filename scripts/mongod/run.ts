import { spawn, type SpawnOptions } from 'node:child_process';

export interface Outcome {
  code: number | null;
  output: string;
}

/** Runs a program to its end; both of its output streams are returned together. */
export function run(command: string, args: readonly string[], options: SpawnOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let output = '';
    child.stdout?.on('data', chunk => (output += String(chunk)));
    child.stderr?.on('data', chunk => (output += String(chunk)));
    child.on('error', reject);
    child.on('close', code => resolve({ code, output }));
  });
}

export async function mustRun(
  command: string,
  args: readonly string[],
  options?: SpawnOptions,
): Promise<string> {
  const { code, output } = await run(command, args, options);
  if (code !== 0) throw new Error(`${command} failed (exit code ${code}):\n${output.trim().slice(-2000)}`);
  return output;
}
