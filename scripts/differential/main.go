// The other side of scripts/differential.mjs: go-sev-guest and go-tdx-guest judge one JSON line each and answer with one.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"

	sevabi "github.com/google/go-sev-guest/abi"
	"github.com/google/go-sev-guest/kds"
	spb "github.com/google/go-sev-guest/proto/sevsnp"
	sevverify "github.com/google/go-sev-guest/verify"
	tdxverify "github.com/google/go-tdx-guest/verify"
)

type question struct {
	Kind     string
	Evidence []byte
	Ek       []byte
	Vlek     bool
	Product  string
	At       int64
}

type answer struct {
	Ok          bool   `json:"ok"`
	Error       string `json:"error"`
	Measurement string `json:"measurement,omitempty"`
	ReportData  string `json:"reportData,omitempty"`
}

func noPanic(judge func() (answer, error)) (result answer) {
	defer func() {
		if caught := recover(); caught != nil {
			result = answer{Error: fmt.Sprintf("panic: %v", caught)}
		}
	}()
	result, err := judge()
	result.Ok = err == nil
	if err != nil {
		result.Error = err.Error()
	}
	return result
}

func judgeSev(q question) (answer, error) {
	report, err := sevabi.ReportToProto(q.Evidence)
	if err != nil {
		return answer{}, err
	}
	said := answer{Measurement: fmt.Sprintf("%x", report.Measurement), ReportData: fmt.Sprintf("%x", report.ReportData)}
	product, err := kds.ParseProductLine(q.Product)
	if err != nil {
		return said, err
	}
	chain := &spb.CertificateChain{VcekCert: q.Ek}
	if q.Vlek {
		chain = &spb.CertificateChain{VlekCert: q.Ek}
	}
	attestation := &spb.Attestation{Report: report, CertificateChain: chain, Product: product}
	return said, sevverify.SnpAttestation(attestation, &sevverify.Options{DisableCertFetching: true, Now: time.Unix(q.At, 0), Product: product})
}

func main() {
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(make([]byte, 1<<20), 1<<24)
	output := json.NewEncoder(os.Stdout)
	for input.Scan() {
		var q question
		if err := json.Unmarshal(input.Bytes(), &q); err != nil {
			panic(err)
		}
		_ = output.Encode(noPanic(func() (answer, error) {
			if q.Kind == "tdx" {
				return answer{}, tdxverify.RawTdxQuote(q.Evidence, &tdxverify.Options{Now: time.Unix(q.At, 0)})
			}
			return judgeSev(q)
		}))
	}
}
