/** A forged device as a command: the report data in hex as its argument, evidence of the test bed's SEV-SNP machine as its output. */

import { snpMachine } from "../../fixtures/live/machine.js";
import { configfsTsm } from "../../src/attester/index.js";

const reportData = new Uint8Array(Buffer.from(process.argv[2] ?? "", "hex"));
const { fileSystem } = snpMachine().tsm;
const nothing = { nonce: new Uint8Array(), publicKey: new Uint8Array(), signal: new AbortController().signal };
const { evidence } = await configfsTsm({ fileSystem }).attest({ reportData, ...nothing });
process.stdout.write(evidence);
