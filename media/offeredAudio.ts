/** How a party's sound comes: as it is, or encrypted with keys in the SDP (RFC 4568). */
export type OfferedAudio = 'rtp' | 'srtp';

/** What an SDP without any is told. */
export const EXPECTED_AUDIO = 'expected PCMA or PCMU by RTP/AVP, or by RTP/SAVP with a key';

const PROFILES: Readonly<Record<string, OfferedAudio>> = { 'RTP/AVP': 'rtp', 'RTP/SAVP': 'srtp' };

/**
 * The audio of an SDP that FreeSWITCH can be given: PCMA or PCMU by RTP, or by SRTP with a key in the SDP. It takes the
 * first such line.
 * FreeSWITCH itself answers 488 also for faults of its own, such as an RTP port that is taken.
 * @returns undefined where there is none
 */
export function offeredAudio(sdp: string): OfferedAudio | undefined {
  for (const section of sdp.split(/\r?\nm=/)) {
    const [, profile = '', payloads] = /^audio [1-9]\d* ([A-Z/]+) ([\d ]+)/.exec(section) ?? [];
    const audio = PROFILES[profile];
    if (audio === undefined || payloads === undefined) continue;
    if (audio === 'srtp' && !/^a=crypto:\d/m.test(section)) continue;
    if (isG711(section, payloads.trim().split(/ +/))) return audio;
  }
  return undefined;
}

/** 0 and 8 need no rtpmap (RFC 3551, 6); any other number may be mapped to the same codecs. */
function isG711(section: string, offered: readonly string[]): boolean {
  if (offered.includes('0') || offered.includes('8')) return true;
  return [...section.matchAll(/^a=rtpmap:(\d+) PCM[AU]\/8000/gim)].some(([, payload]) =>
    offered.includes(payload ?? ''),
  );
}

/**
 * An SDP as FreeSWITCH takes it: some phones offer a key for RTP/AVP, to be used by who can, and that it answers with 488.
 * Without the key they get RTP.
 */
export function withoutKeysForRtp(sdp: string): string {
  const isForRtp = (section: string): boolean => / RTP\/AVP /.test(section.slice(0, section.indexOf('\n')));
  const sections = sdp.split(/(?<=\n)(?=m=)/);
  return sections
    .map((each) => (isForRtp(each) ? each.replace(/^a=crypto:.*(\r?\n|$)/gm, '') : each))
    .join('');
}
