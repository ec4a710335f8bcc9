import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Programs } from './programs.ts';

/** Turns pictures of Apple's phones (HEVC inside HEIF), which sharp can only measure, into JPEG. */
export interface HeifConverter {
  /** Hands out the picture as a JPEG file for the time of `work`, upright; does nothing where that is not possible. */
  convert(path: string, signal: AbortSignal, work: (jpeg: string) => Promise<unknown>): Promise<void>;
}

export interface HeifOptions {
  programs: Programs;
  /** Name or path of libheif's `heif-convert`. */
  program: string;
  /** Where pictures are while they are worked on. */
  tempDir: string;
  /** Processor time, in seconds. */
  seconds: number;
}

/** By `heif-convert`. What it cannot decode is no fault of the picture: phones are ahead of libraries here. */
export function heifConverter({ programs, program, tempDir, seconds }: HeifOptions): HeifConverter {
  return {
    async convert(path, signal, work) {
      const converter = await programs.find(program, 'HEIC pictures get no thumbnail');
      if (converter === null) return;
      const folder = await mkdtemp(join(tempDir, 'heif-'));
      try {
        const args = ['-q', '90', path, join(folder, 'picture.jpg')];
        const ending = await programs.run(converter, args, { signal, seconds, output: 64 * 1024 });
        // Several pictures in one file become picture-1.jpg, picture-2.jpg and so on; the first is shown.
        const [first] = (await readdir(folder)).filter(name => name.endsWith('.jpg')).sort();
        if (ending.how === 'done' && first !== undefined) await work(join(folder, first));
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}
