/** Addresses of NVIDIA's Reference Integrity Manifest service. */

const NVIDIA_RIM: string = "https://rim.attestation.nvidia.com";

/** Identifiers as the service has them: https://rim.attestation.nvidia.com/v1/rim/ids. */
export function rimAddress(id: string): string {
  return `${NVIDIA_RIM}/v1/rim/${encodeURIComponent(id)}`;
}

/** From Blackwell on, drivers have manifests of their own for confidential computing. */
export function driverRimId(chip: string, driverVersion: string): string {
  return `NV_GPU_${chip.startsWith("GH") ? "" : "CC_"}DRIVER_${chip}_${driverVersion}`;
}

/** Of a GPU's firmware. `vbiosVersion` with dots. */
export function vbiosRimId(project: string, projectSku: string, chipSku: string, vbiosVersion: string): string {
  return `NV_GPU_VBIOS_${project}_${projectSku}_${chipSku}_${vbiosVersion.replaceAll(".", "")}`.toUpperCase();
}

/** Of the one NVSwitch that has reports. */
export function switchRimId(biosVersion: string): string {
  return `NV_SWITCH_BIOS_5612_0002_890_${biosVersion.replaceAll(".", "")}`.toUpperCase();
}
