import { readWav } from './audio.ts';
import { eventually } from './eventually.ts';
import type { PartnerClient } from './PartnerClient.ts';

/**
 * The recording that a call record names, through the door that a customer uses: the signed address, as soon as there
 * is one, and the file behind it. @throws PatienceError
 */
export async function fetchRecording(
  partner: PartnerClient,
  { recordObjectName, recordDomain }: Readonly<Record<string, unknown>>,
): Promise<ReturnType<typeof readWav>> {
  const ask = () => partner.recording(String(recordObjectName), String(recordDomain));
  await eventually('the recording', async () => (await ask()).status === 301);
  const { location = '' } = await ask();
  return readWav(Buffer.from(await (await fetch(location)).arrayBuffer()));
}
