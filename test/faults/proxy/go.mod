module sluice.dev/test/faults/proxy

go 1.26.0
