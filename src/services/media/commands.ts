import ffmpeg from 'fluent-ffmpeg';
import { MAX_PIXELS, THUMBNAIL_SIDE } from './pictures.ts';
import type { VideoFacts } from './videos.ts';

/** Videos that phones and browsers show or offer to a player, and the one demuxer that may open each. */
export const DEMUXERS: Record<string, string> = {
  'video/mp4': 'mov',
  'video/x-m4v': 'mov',
  'video/quicktime': 'mov',
  'video/3gpp': 'mov',
  'video/3gpp2': 'mov',
  'video/webm': 'matroska',
  'video/matroska': 'matroska',
  'video/vnd.avi': 'avi',
  'video/mpeg': 'mpeg',
  'video/MP1S': 'mpeg',
  'video/MP2P': 'mpeg',
  'video/mp2t': 'mpegts',
  'video/ogg': 'ogg',
};

/** Decoders of pictures and sounds in such files; whatever else ffmpeg can decode stays closed. */
const DECODERS = [
  'h264 hevc vp8 vp9 libvpx libvpx-vp9 av1 libdav1d libaom-av1 h263 mpeg4 mpeg1video mpeg2video msmpeg4 msmpeg4v2',
  'msmpeg4v3 mjpeg theora prores dvvideo aac mp3 mp3float mp2 mp2float opus libopus vorbis libvorbis ac3 eac3 amrnb',
  'amrwb alac flac pcm_s16le pcm_s16be pcm_s24le pcm_u8 pcm_alaw pcm_mulaw',
].flatMap(line => line.split(' '));

/** Before the input of both programs: no network, no playlists, one thread, no bombs. */
function inputOptions(demuxer: string): string[] {
  return [
    ...['-protocol_whitelist', 'file,crypto,data'],
    ...['-format_whitelist', demuxer],
    ...['-codec_whitelist', DECODERS.join(',')],
    ...['-f', demuxer],
    ...['-threads', '1'],
    ...['-max_pixels', String(MAX_PIXELS)],
  ];
}

/** What is asked of a video. */
const ASKED =
  'format=duration:stream=index,codec_type,width,height,sample_aspect_ratio' +
  ':stream_disposition=attached_pic:stream_side_data=rotation';

/** The arguments with which ffprobe writes what it knows as JSON. */
export function factsArguments(path: string, demuxer: string): string[] {
  return ['-v', 'error', ...inputOptions(demuxer), '-show_entries', ASKED, '-of', 'json', `file:${path}`];
}

/**
 * The arguments with which ffmpeg writes one frame to its output. The library has no public way to ask for them; it is
 * archived, so that its inside stays as it is.
 */
export function frameArguments(path: string, demuxer: string, facts: VideoFacts, moment: number): string[] {
  const { width, height } = fitted(facts.frameSize);
  const command = ffmpeg()
    .input(`file:${path}`)
    .inputOptions(inputOptions(demuxer))
    .seekInput(moment)
    .noAudio()
    .frames(1)
    .videoCodec('mjpeg')
    .videoFilters([`scale=${width}:${height}`, 'setsar=1', 'format=yuvj420p'])
    .outputOptions(['-map', `0:${facts.stream}`, '-sn', '-dn', '-map_metadata', '-1', '-map_chapters', '-1'])
    .outputOptions(['-threads', '1', '-q:v', '4', '-flags', '+bitexact'])
    .format('image2pipe')
    .output('pipe:1') as unknown as { _getArguments(): string[] };
  return ['-v', 'error', '-nostdin', ...command._getArguments()];
}

/** The size into which a picture is scaled that keeps its shape and is not enlarged. */
function fitted({ width, height }: VideoFacts['frameSize']): VideoFacts['frameSize'] {
  const scale = Math.min(1, THUMBNAIL_SIDE / Math.max(width, height));
  return { width: Math.max(2, Math.round(width * scale)), height: Math.max(2, Math.round(height * scale)) };
}
