import { expect } from 'chai';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMedia, type MediaOptions } from '../../src/services/media/index.ts';
import { eventually } from '../helpers/processes.ts';
import { expectTools, heic, noisy, video } from '../helpers/pictures.ts';

/** What ffprobe says of a small video. */
const FACTS =
  '{"streams":[{"index":0,"codec_type":"video","width":64,"height":48}],"format":{"duration":"2.0"}}';

let folder: string;
let clip: string;
let problems: string[];

/** Media with programs of our own in the place of the real ones: shell scripts. */
async function withScripts(scripts: Record<string, string>, options: MediaOptions = {}) {
  const programs: Record<string, string> = {};
  for (const [name, script] of Object.entries(scripts)) {
    programs[name] = join(folder, `fake-${name}`);
    await writeFile(programs[name], `#!/bin/sh\n${script}\n`);
    await chmod(programs[name], 0o755);
  }
  return createMedia({ programs, onProblem: what => problems.push(what), ...options });
}

/** A folder of programs that holds only these of the real ones. */
async function only(...names: string[]): Promise<string> {
  const bin = await mkdtemp(join(folder, 'bin-'));
  for (const name of names) await symlink(join('/usr/bin', name), join(bin, name));
  return bin;
}

/** A process that ended and was not waited for yet is not alive. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('media and its programs', () => {
  before(async () => {
    await expectTools();
    folder = await mkdtemp(join(tmpdir(), 'madang-programs-'));
    clip = await video(folder, 'clip.mp4', { seconds: 1, size: '160x120' });
  });
  beforeEach(() => (problems = []));
  after(() => rm(folder, { recursive: true, force: true }));

  it('gives both programs of videos one demuxer, no network, one thread and a limit of pixels', async () => {
    const log = join(folder, 'arguments');
    const media = await withScripts({
      ffprobe: `echo "$@" >> ${log}; echo '${FACTS}'`,
      ffmpeg: `echo "$@" >> ${log}; exit 1`,
    });
    const facts = await media.inspect(clip, 'clip.mp4');
    expect(facts).to.deep.equal({
      type: 'VIDEO',
      mimeType: 'video/mp4',
      frameSize: { width: 64, height: 48 },
      duration: 2,
    });
    const [probed, ...framed] = (await readFile(log, 'utf8')).trim().split('\n');
    // The second time at the very beginning, after nothing came from the middle.
    expect(framed.map(line => /-ss (\S+)/.exec(line)![1])).to.deep.equal(['1', '0']);
    for (const line of [probed!, ...framed]) {
      const beforeInput = line.slice(0, line.indexOf(`file:${clip}`));
      expect(beforeInput).to.include('-protocol_whitelist file,crypto,data ');
      expect(beforeInput).to.include('-format_whitelist mov ');
      expect(beforeInput).to.include('-f mov ');
      expect(beforeInput).to.include('-threads 1 ');
      expect(beforeInput).to.match(/-max_pixels 52000000 /);
      expect(beforeInput).to.match(/-codec_whitelist h264,hevc,/);
    }
  });

  it('gives programs nothing of the environment of the engine, and no more than 1.5 GiB', async () => {
    const log = join(folder, 'environment');
    process.env['SECRET_OF_THE_TEST'] = 'secret';
    const media = await withScripts({ ffprobe: `{ env; ulimit -v; ulimit -c; } > ${log}; exit 1` });
    await media.inspect(clip, 'clip.mp4');
    delete process.env['SECRET_OF_THE_TEST'];
    const lines = (await readFile(log, 'utf8')).trim().split('\n');
    const names = lines.filter(line => line.includes('=')).map(line => line.split('=')[0]);
    expect(names).to.include.members(['LANG', 'PATH']);
    expect(
      names.filter(name => !['LANG', 'PATH', 'PWD', 'OLDPWD', 'SHLVL', '_'].includes(name!)),
    ).to.deep.equal([]);
    expect(lines.slice(-2)).to.deep.equal([String(1_536 * 1024), '0']);
  });

  it('ends a program that takes too long, with all that it started', async () => {
    const log = join(folder, 'children');
    const media = await withScripts(
      { ffprobe: `sleep 300 & echo $! $$ > ${log}.new; mv ${log}.new ${log}; wait` },
      { limitMs: 700 },
    );
    const begun = Date.now();
    expect(await media.inspect(clip, 'clip.mp4')).to.deep.equal({ type: 'VIDEO', mimeType: 'video/mp4' });
    expect(Date.now() - begun).to.be.within(600, 10_000);
    const family = (await readFile(log, 'utf8')).trim().split(' ').map(Number);
    expect(family).to.have.length(2);
    await eventually('the end of the family', () => !family.some(isAlive));
    expect(problems).to.deep.equal([]);
  });

  it('keeps what is known when the time is over', async () => {
    const media = await withScripts({ ffprobe: `echo '${FACTS}'`, ffmpeg: 'sleep 300' }, { limitMs: 700 });
    expect(await media.inspect(clip, 'clip.mp4')).to.deep.equal({
      type: 'VIDEO',
      mimeType: 'video/mp4',
      frameSize: { width: 64, height: 48 },
      duration: 2,
    });
  });

  it('ends a program that says too much', async () => {
    const media = await withScripts({ ffprobe: 'while :; do echo "{}{}{}{}{}{}{}{}{}{}{}{}"; done' });
    expect(await media.inspect(clip, 'clip.mp4')).to.deep.equal({ type: 'FILE', mimeType: 'video/mp4' });
  });

  it('does not take for a picture what is none', async () => {
    for (const script of ['exit 0', 'echo "<html>"', 'printf "\\377\\330\\377cut off"']) {
      const media = await withScripts({ ffprobe: `echo '${FACTS}'`, ffmpeg: script });
      expect((await media.inspect(clip, 'clip.mp4')).thumbnail).to.equal(undefined);
    }
  });

  it('works on no more files at once than it may', async () => {
    const place = join(folder, 'turns');
    await mkdir(place);
    const script = `mkdir ${place}/lock || echo clash >> ${place}/clash; sleep 0.03; rmdir ${place}/lock; exit 1`;
    const media = await withScripts({ ffprobe: script }, { jobs: 2 });
    const all = await Promise.all(Array.from({ length: 8 }, () => media.inspect(clip, 'clip.mp4')));
    expect(all.map(facts => facts.type)).to.deep.equal(Array(8).fill('FILE'));
    expect(await readdir(place)).to.deep.equal([]);
  });

  it('removes what it had unpacked also when the time is over', async () => {
    const tempDir = await mkdtemp(join(folder, 'temp-'));
    const picture = await heic(folder, await noisy(64, 48));
    const media = await withScripts(
      { heifConvert: 'for last; do :; done; echo begun > "$last"; sleep 300' },
      { tempDir, limitMs: 700 },
    );
    expect(await media.inspect(picture, 'a.heic')).to.deep.equal({
      type: 'PHOTO',
      mimeType: 'image/heic',
      frameSize: { width: 64, height: 48 },
    });
    await eventually('an empty folder', async () => (await readdir(tempDir)).length === 0);
  });

  it('takes the first of several pictures in one HEIC', async () => {
    const picture = await heic(folder, await noisy(64, 48));
    const [first, second] = [join(folder, 'first.jpg'), join(folder, 'second.jpg')];
    await writeFile(first, await noisy(64, 48));
    await writeFile(second, 'no picture');
    const script = `for last; do :; done; cp ${first} "\${last%.jpg}-1.jpg"; cp ${second} "\${last%.jpg}-2.jpg"`;
    const media = await withScripts({ heifConvert: script });
    expect((await media.inspect(picture, 'a.heic')).thumbnail).to.be.instanceOf(Buffer);
  });

  it('goes without thumbnails where programs are not there, and says so once each', async () => {
    const searchPath = await only();
    const media = createMedia({ searchPath, onProblem: what => problems.push(what) });
    const picture = await heic(folder, await noisy(64, 48));
    for (let i = 0; i < 2; i++) {
      expect(await media.inspect(clip, 'clip.mp4')).to.deep.equal({ type: 'VIDEO', mimeType: 'video/mp4' });
      const photo = await media.inspect(picture, 'a.heic');
      expect(photo).to.deep.equal({
        type: 'PHOTO',
        mimeType: 'image/heic',
        frameSize: { width: 64, height: 48 },
      });
    }
    expect(problems).to.deep.equal([
      'ffprobe is not there: videos get no duration and no size',
      'heif-convert is not there: HEIC pictures get no thumbnail',
    ]);
  });

  it('works without prlimit, and says so once', async () => {
    const searchPath = await only('ffmpeg', 'ffprobe');
    const media = createMedia({ searchPath, onProblem: what => problems.push(what) });
    expect((await media.inspect(clip, 'clip.mp4')).thumbnail).to.be.instanceOf(Buffer);
    expect((await media.inspect(clip, 'clip.mp4')).duration).to.be.within(0.9, 1.2);
    expect(problems).to.deep.equal([
      'prlimit is not there: programs that look into files have no limit of memory',
    ]);
  });

  it('does not blame the file where a program cannot be started', async () => {
    const script = 'echo "prlimit: failed to set the AS resource limit" >&2; exit 1';
    const refused = await withScripts({ ffprobe: script });
    const small = createMedia({ memory: 8 * 1024 * 1024, onProblem: what => problems.push(what) });
    for (const media of [refused, small]) {
      problems = [];
      for (let i = 0; i < 2; i++) {
        expect(await media.inspect(clip, 'clip.mp4')).to.deep.equal({ type: 'VIDEO', mimeType: 'video/mp4' });
      }
      expect(problems[0]).to.match(/ffprobe cannot be started: 1/);
      expect(problems).to.have.length(1);
    }
  });
});
