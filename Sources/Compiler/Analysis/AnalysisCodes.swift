extension DiagnosticCode {
    /// What can be wrong with the meaning of a spec: E04xx to E09xx and E11xx.
    package static let analysisCodes: [DiagnosticCode] =
        nameCodes + lifecycleCodes + patternCodes + routeCodes + pluginCodes + tokenCodes + consultingCodes
        + trafficCodes + limitCodes + governanceCodes + bundleCodes + nodeCodes
        + securityCodes + balancingCodes
}
